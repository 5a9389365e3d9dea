#!/usr/bin/env python3
"""Archives for tests/instance/life, and looking at archives.

archives.py make FOLDER          writes roots, images and hostile archives there
archives.py compare A B          says what differs between the members of two archives
archives.py names A              lists members
archives.py image A              checks an image's digests and sizes, and prints what it says of its program and where it runs
"""

import hashlib
import io
import json
import os
import struct
import sys
import tarfile

ACL = "user::rw-,group::r--,other::---,user:1234:r--,group:77:--x,mask::r-x"


def member(name, kind=tarfile.REGTYPE, data=b"", mode=0o644, ids=(0, 0), mtime=1500000000, link="", device=(0, 0), pax=None):
    info = tarfile.TarInfo(name)
    info.type, info.mode, (info.uid, info.gid), info.mtime, info.linkname = kind, mode, ids, mtime, link
    info.devmajor, info.devminor = device
    info.size = len(data)
    info.pax_headers = dict(pax or {})
    return info, data


def directory(name, mode=0o755, **more):
    return member(name, tarfile.DIRTYPE, mode=mode, **more)


def symlink(name, target, **more):
    return member(name, tarfile.SYMTYPE, link=target, mode=0o777, **more)


def hardlink(name, target, **more):
    return member(name, tarfile.LNKTYPE, link=target, **more)


def write(path, members, mode="w"):
    with tarfile.open(path, mode, format=tarfile.PAX_FORMAT, errors="surrogateescape", encoding="utf-8") as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))


def blob(members, mode="w:gz"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=tarfile.PAX_FORMAT) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def root():
    """One of each kind that a system's files can be."""
    big = hashlib.sha512(b"big").digest() * 5000
    return [
        directory("./"),
        directory("./closed", mode=0o000, ids=(7, 8)),
        member("./closed/secret", data=b"1", mode=0o000, ids=(7, 8)),
        member("./big", data=big, mode=0o650, pax={"SCHILY.acl.access": ACL}),
        directory("./dev"),
        member("./dev/null", tarfile.CHRTYPE, mode=0o666, device=(1, 3)),
        member("./dev/sda", tarfile.BLKTYPE, mode=0o660, ids=(0, 6), device=(8, 0)),
        directory("./etc", pax={"SCHILY.acl.default": "user::rwx,user:5:r--,group::r-x,mask::r-x,other::---"}),
        member("./etc/flags", data=b"f", pax={"SCHILY.fflags": "uchg,nodump"}),
        member("./etc/new\nline", data=b"n"),
        member("./etc/odd\udcff", data=b"o"),
        member("./etc/passwd", data=b"root:x:0:0::/:/bin/sh\n", pax={"mtime": "1234567890.123456789"}),
        member("./etc/shadow", mode=0o640, ids=(0, 42)),
        member("./etc/xattr", data=b"x", pax={"SCHILY.xattr.user.one": "v1", "SCHILY.xattr.user.none": ""}),
        member("./fifo", tarfile.FIFOTYPE, mode=0o620, ids=(3, 4)),
        directory("./home"),
        member("./home/fifo", tarfile.FIFOTYPE, mode=0o7004),
        directory("./home/u", mode=0o750, ids=(1000, 1001)),
        symlink("./home/u/another's", "x", ids=(7, 0)),
        member("./home/u/fifo", tarfile.FIFOTYPE, mode=0o600, ids=(1000, 1001)),
        symlink("./home/u/own", "x", ids=(1000, 1001)),
        symlink("./home/u/root's", "x"),
        directory("./home/w"),
        *[symlink(f"./home/w/one-of-many-links-{i}", "x", ids=(1000, 1001)) for i in range(400)],
        symlink("./home/w/root's", "x"),
        symlink("./link", "../../../up", ids=(5, 6)),
        directory("./tmp", mode=0o1777),
        directory("./usr"),
        directory("./usr/bin"),
        member("./usr/bin/" + "n" * 200, data=b"long"),
        member("./usr/bin/ping", data=b"p", mode=0o755,
               pax={"SCHILY.xattr.security.capability": struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0).decode("latin1")}),
        member("./usr/bin/su", data=b"s", mode=0o4755),
        member("./usr/bin/wall", data=b"w", mode=0o2755, ids=(0, 5)),
        hardlink("./zpasswd", "./etc/passwd"),
        hardlink("./zshadow", "./etc/shadow", mode=0o640, ids=(0, 42)),
        hardlink("./zsu", "./usr/bin/su", mode=0o4755),
    ]


# What an image says of its program. One variable does not fit on a line, and one user is none.
PROGRAM = {"Env": ["A=one two", "BAD=x\ny", "PATH=/bin"], "Entrypoint": ["/bin/entry", "a \"b\""], "Cmd": ["one", "2\n" + "x" * 5000],
           "WorkingDir": "/made/here", "User": "7:8", "StopSignal": "SIGQUIT", "ExposedPorts": {"80/tcp": {}, "no port": {}}}


def saved(layer):
    """What docker-save writes: an image in its older form."""
    config = json.dumps({"config": {**PROGRAM, "User": "a b"}}).encode()
    manifest = json.dumps([{"Config": "0" * 64 + ".json", "RepoTags": None, "Layers": ["1" * 64 + "/layer.tar"]}]).encode()
    return [member("0" * 64 + ".json", data=config), member("1" * 64 + "/layer.tar", data=layer),
            member("manifest.json", data=manifest)]


def image(layers, folder):
    """The files of an OCI layout."""
    blobs = {}

    def add(data):
        digest = hashlib.sha256(data).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = data
        return {"digest": f"sha256:{digest}", "size": len(data)}

    manifest = add(json.dumps({"schemaVersion": 2, "config": add(json.dumps({"config": PROGRAM}).encode()),
                               "layers": [add(x) for x in layers]}).encode())
    manifest["platform"] = {"os": "linux", "architecture": "amd64"}
    other = add(json.dumps({"layers": [add(blob([member("wrong")]))]}).encode())
    other["platform"] = {"os": "linux", "architecture": "arm64"}
    index = json.dumps({"schemaVersion": 2, "manifests": [other, manifest]}).encode()
    files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": index, **blobs}
    for name, data in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
    return [member(name, data=data) for name, data in files.items()]


def hostile():
    etc = directory("etc")
    return {
        "absolute": [etc, member("/tmp/dragoman-escape", data=b"x")],
        "upward": [etc, member("../dragoman-escape", data=b"x")],
        "upward-inside": [etc, member("etc/../../dragoman-escape", data=b"x")],
        "through-link": [etc, symlink("out", "/tmp"), member("out/dragoman-escape", data=b"x")],
        "through-own-link": [etc, directory("a"), symlink("a/out", ".."), member("a/out/out", data=b"x")],
        "directory-over-link": [etc, symlink("out", "/tmp"), member("out", data=b""), symlink("out", "/tmp"),
                                member("out/dragoman-escape", data=b"x")],
        "hardlink-out": [etc, hardlink("etc/p", "/etc/passwd")],
        "hardlink-upward": [etc, hardlink("etc/p", "../../../../etc/passwd")],
        "hardlink-through-link": [etc, symlink("out", "/etc"), hardlink("etc/p", "out/passwd")],
        "hardlink-to-nothing": [etc, hardlink("etc/p", "etc/q")],
        "hardlink-to-itself": [etc, member("etc/p"), hardlink("etc/p", "etc/p")],
        "hardlink-to-directory": [etc, hardlink("etc/p", "etc")],
        "deep": [etc, member("d/" * 5000 + "f", data=b"x")],
    }


def sparse_bomb(path):
    """A file of 4 TB in a few bytes."""
    pax = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "bomb", "GNU.sparse.realsize": str(4 << 40)}
    write(path, [directory("etc"), member("GNUSparseFile.0/bomb", data=b"1\n0\n0\n".ljust(512, b"\0"), pax=pax)])


def make(folder):
    os.makedirs(folder, exist_ok=True)
    where = lambda name: os.path.join(folder, name)  # noqa: E731
    write(where("root.tar"), root())
    write(where("overlay.tar"), [
        directory("./"), directory("./d", pax={"SCHILY.xattr.user.overlay.opaque": "y"}), member("./d/f", data=b"f"),
        member("./gone", tarfile.CHRTYPE, device=(0, 0)), member("./file", data=b"1")])
    lower = blob([directory("etc"), member("etc/a", data=b"a"), member("etc/b", data=b"b"), directory("opt"),
                  member("opt/old", data=b"o"), hardlink("etc/c", "etc/a")])
    upper = blob([member("etc/.wh.b"), directory("opt"), member("opt/.wh..wh..opq"), member("opt/new", data=b"n")])
    write(where("image.tar"), image([lower, upper], where("image")))
    write(where("saved.tar"), saved(lower))
    for name, members in hostile().items():
        write(where(f"hostile-{name}.tar"), members)
    sparse_bomb(where("hostile-sparse-bomb.tar"))
    zeros = bytes(1 << 20)
    write(where("bomb.tar.gz"), [directory("etc")] + [member(f"z{i}", data=zeros) for i in range(64)], "w:gz")
    with open(where("root.tar"), "rb") as file:
        whole = file.read()
    for name, size in {"middle": 30000, "block": 4096, "head": 700}.items():
        with open(where(f"hostile-cut-{name}.tar"), "wb") as file:
            file.write(whole[:size])
    with open(where("hostile-end-missing.tar"), "wb") as file:
        file.write(whole.rstrip(b"\0") + bytes(-len(whole.rstrip(b"\0")) % 512))
    with open(where("hostile-garbage.tar"), "wb") as file:
        file.write(hashlib.sha512(b"garbage").digest() * 100)


def describe(path):
    found = {}
    with tarfile.open(path, "r|*" if path == "/dev/stdin" else "r:*", errors="surrogateescape", encoding="utf-8") as archive:
        for m in archive:
            name = os.path.normpath(m.name)
            ids = (m.uid, m.gid)
            extra = {k: v for k, v in m.pax_headers.items() if k.startswith("SCHILY.")}
            data = archive.extractfile(m).read() if m.isreg() else b""
            mtime = m.pax_headers.get("mtime", str(int(m.mtime)))
            mode = m.mode if "SCHILY.acl.access" not in extra else m.mode & ~0o070
            if m.islnk():
                found[name] = ("link", os.path.normpath(m.linkname), oct(mode), ids)
            else:
                link = m.linkname if m.issym() else ""
                device = (m.devmajor, m.devminor) if m.ischr() or m.isblk() else None
                found[name] = (m.type, oct(mode), ids, mtime, link, device, sorted(extra.items()), hash(data))
    return found


def compare(a, b):
    first, second = describe(a), describe(b)
    for name in sorted(first.keys() | second.keys()):
        if first.get(name) != second.get(name):
            print(ascii((name, first.get(name), second.get(name))))


def check_image(path):
    """Follows an OCI layout from its index, believing nothing; and the same image as docker-save has it."""
    with tarfile.open(path) as archive:
        files = {m.name: archive.extractfile(m).read() for m in archive if m.isreg()}

    def blob(reference):
        name, data = reference["digest"].replace(":", "/"), files["blobs/" + reference["digest"].replace(":", "/")]
        assert hashlib.sha256(data).hexdigest() == name.split("/")[1] and len(data) == reference["size"], name
        return data

    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    (first,) = json.loads(files["index.json"])["manifests"]
    manifest = json.loads(blob(first))
    config = json.loads(blob(manifest["config"]))
    (layer,) = manifest["layers"]
    blob(layer)
    assert config["rootfs"] == {"type": "layers", "diff_ids": [layer["digest"]]}
    assert first["platform"] == {key: config[key] for key in ("os", "architecture")}
    (saved,) = json.loads(files["manifest.json"])
    assert [saved["Config"], *saved["Layers"]] == [
        "blobs/" + r["digest"].replace(":", "/") for r in (manifest["config"], layer)]
    print(layer["digest"].split(":")[1], f"{config['os']}/{config['architecture']}", json.dumps(config["config"], sort_keys=True))


def main():
    if sys.argv[1] == "make":
        make(sys.argv[2])
    elif sys.argv[1] == "image":
        check_image(sys.argv[2])
    elif sys.argv[1] == "compare":
        compare(sys.argv[2], sys.argv[3])
    else:
        print("\n".join(sorted(map(ascii, describe(sys.argv[2])))))


if __name__ == "__main__":
    main()
