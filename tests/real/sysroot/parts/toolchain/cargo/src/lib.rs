#[test]
fn runs_on_freebsd() {
    assert_eq!(std::env::consts::OS, "freebsd");
    assert!(std::thread::spawn(|| std::process::id()).join().unwrap() == std::process::id());
}
