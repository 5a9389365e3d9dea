// HTTP and TLS on loopback: server and client, many requests at once, a certificate made on the spot.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

func certificate() (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	parsed, _ := x509.ParseCertificate(der)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func answer(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s %d", r.Method, r.URL.Path, len(body))
}

func ask(client *http.Client, url string) {
	var group sync.WaitGroup
	var mutex sync.Mutex
	right := 0
	for i := 0; i < 200; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			r, err := client.Post(url+fmt.Sprintf("/%d", i), "text/plain", strings.NewReader(strings.Repeat("x", i*100)))
			if err != nil {
				fmt.Println(err)
				return
			}
			body, _ := io.ReadAll(r.Body)
			r.Body.Close()
			if string(body) == fmt.Sprintf("POST /%d %d", i, i*100) {
				mutex.Lock()
				right++
				mutex.Unlock()
			}
		}(i)
	}
	group.Wait()
	fmt.Println(right)
}

func main() {
	log.SetOutput(io.Discard) // which handshakes a client gives up is chance
	pair, pool := certificate()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	secret, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		panic(err)
	}
	go http.Serve(plain, http.HandlerFunc(answer))
	go http.Serve(secret, http.HandlerFunc(answer))
	ask(&http.Client{Timeout: 20 * time.Second}, "http://"+plain.Addr().String())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, MaxConnsPerHost: 20}
	ask(&http.Client{Transport: transport, Timeout: 20 * time.Second}, "https://"+secret.Addr().String())
	_, err = (&http.Client{}).Get("https://" + secret.Addr().String())
	fmt.Println(err != nil && strings.Contains(err.Error(), "certificate"))
}
