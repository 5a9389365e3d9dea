"""socat: its own tests of sockets of all families, of programs behind pipes, socket pairs and terminals, and of files.

They go by short delays, so on a busy machine one fails that would pass: what fails is run twice more.
"""
import re

from lib import call

RECIPE = """
$CONFIGURE --disable-openssl --disable-readline --disable-libwrap
make -j2 socat procan filan
"""
NAMES = ("UNISTDIO UNPIPESTDIO DUALSTDIO DUALFDS NAMEDPIPE DUALPIPE FILE EXECSOCKET SYSTEMSOCKET EXECPIPES SYSTEMPIPES EXECPTY SYSTEMPTY "
         "EXECSOCKETFLUSH EXECPIPESFLUSH TCPSELF UDPSELF UDP6SELF DUALUDPSELF UNIXSTREAM TCP4 TCP6 IPV6ONLY0 IPV6ONLY1 LISTEN_OPTION_4 "
         "UDP4STREAM UDP6STREAM GOPENFILE GOPENPIPE GOPENUNIXSTREAM GOPENUNIXDGRAM IGNOREEOF EXECIGNOREEOF FAKEPTY O_TRUNC FTRUNCATE "
         "RIGHTTOLEFT CHILDDEFAULT CHILDSETSID UNIXLISTENFORK UNIXTOSTREAM CLOSEEXEC UDP4DGRAM UNIXDGRAM ABSTRACTSTREAM ABSTRACTDGRAM "
         "PTYGROUPEARLY UNLINKCLOSEFILE EXECSPACES ZOMBIES FILEWAITEOF SEQPACKET").split()
LINE = re.compile(r"^test +\d+ (\w+): .*\.\.\. (?:\w+: )*(OK|FAILED|CANT|.*)$", re.M)

KNOWN_X32 = {}


def build(target):
    return target.build("socat", RECIPE)


def tests(target, full):
    folder, results = build(target), {}
    wanted = NAMES
    for turn in range(3):
        done = call(["./test.sh", "-t", "0.3", *wanted], cwd=folder, env=target.env(), seconds=600)
        target.keep(f"socat/{turn}", done.out + f"status {done.status}\n")
        for name, word in LINE.findall(done.out):
            results[name] = True if "OK" in word else False if "FAILED" in word else None
        wanted = [name for name in wanted if results.get(name) is False]
        if not wanted:
            break
    return results
