#!/usr/bin/env python3
"""archives.py TREE OUT: makes archives of a small system's files, for tests/cli/sysroots.

OUT/good holds some of every kind that can be added, all with the files of TREE; OUT/bad what must be refused, each with
a file NAME.says beside it that holds a pattern of what is to be said.
"""
import hashlib
import io
import json
import os
import struct
import sys
import tarfile

TREE, OUT = sys.argv[1:3]
GOOD, BAD = os.path.join(OUT, "good"), os.path.join(OUT, "bad")


def entry(name, data=None, **fields):
    """A member: (TarInfo, data)."""
    info = tarfile.TarInfo(name)
    info.mtime = 1700000000
    info.mode = 0o755
    if data is not None:
        data = data.encode() if isinstance(data, str) else data
        info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, data


def directory(name, **fields):
    return entry(name, type=tarfile.DIRTYPE, **fields)


def symlink(name, target):
    return entry(name, type=tarfile.SYMTYPE, linkname=target)


def hardlink(name, target):
    return entry(name, type=tarfile.LNKTYPE, linkname=target)


def tar(members, mode="w"):
    """The bytes of an archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=tarfile.PAX_FORMAT) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data) if data is not None else None)
    return out.getvalue()


def files_of(tree, prefix):
    """Members for all below a directory, their names beginning with `prefix`."""
    found = []
    for folder, _, names in sorted(os.walk(tree)):
        relative = os.path.relpath(folder, tree)
        found.append(directory(prefix + relative))
        for name in sorted(names):
            with open(os.path.join(folder, name), "rb") as file:
                found.append(entry(prefix + os.path.normpath(os.path.join(relative, name)), file.read()))
    return found


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Image:
    """An OCI layout being filled."""

    def __init__(self):
        self.blobs = {}

    def add(self, data, kind="application/vnd.oci.image.layer.v1.tar"):
        if not isinstance(data, bytes):
            data = json.dumps(data).encode()
        self.blobs[digest(data)] = data
        return {"mediaType": kind, "digest": "sha256:" + digest(data), "size": len(data)}

    def manifest(self, layers):
        config = self.add({"architecture": "amd64", "os": "freebsd"}, "application/vnd.oci.image.config.v1+json")
        return self.add({"schemaVersion": 2, "config": config, "layers": [self.add(layer) for layer in layers]},
                        "application/vnd.oci.image.manifest.v1+json")

    def members(self, index):
        """Blobs first: nothing of them can be used before the end is there."""
        blobs = [entry("blobs/sha256/" + name, data) for name, data in sorted(self.blobs.items())]
        return [directory("blobs"), directory("blobs/sha256"), *blobs, entry("index.json", json.dumps(index)),
                entry("oci-layout", '{"imageLayoutVersion": "1.0.0"}')]


def platform(manifest, system, machine):
    return {**manifest, "platform": {"os": system, "architecture": machine}}


def image(layers):
    made = Image()
    other = made.manifest([tar([entry("etc/other", "arm")])])
    wanted = made.manifest(layers)
    inner = made.add({"schemaVersion": 2, "manifests": [platform(other, "freebsd", "arm64"),
                                                        platform(wanted, "freebsd", "amd64")]},
                     "application/vnd.oci.image.index.v1+json")
    return made, {"schemaVersion": 2, "manifests": [inner]}


def layers_of(tree):
    """Three layers: what the second removes and the third brings again shows how they are applied."""
    return [
        tar([*files_of(tree, "./"), entry("etc/gone", "1"), entry("etc/kept", "1"), entry("var/old/a", "1"),
             entry("var/old/b", "1"), entry("var/tree/deep/file", "1"), symlink("etc/link", "kept")], "w:gz"),
        tar([entry("etc/.wh.gone", ""), entry("var/old/c", "2"), entry("var/old/.wh..wh..opq", ""),
             entry("var/tree", "2"), entry("etc/.wh.link", "")], "w:xz"),
        tar([entry("etc/link", "3"), entry("etc/.wh.never", "")]),
    ]


def saved(layers):
    """What docker-save wrote before it took to OCI's layout, with a layer that is a link to another."""
    names = [digest(layer) for layer in layers]
    members = []
    for name, layer in zip(names, layers):
        members += [directory(name), entry(name + "/VERSION", "1.0"), entry(name + "/layer.tar", layer)]
    again = digest(b"again")
    members += [directory(again), symlink(again + "/layer.tar", f"../{names[-1]}/layer.tar")]
    manifest = [{"Config": "x.json", "RepoTags": ["x:1"], "Layers": [f"{name}/layer.tar" for name in [*names, again]]}]
    about = {"os": "freebsd", "architecture": "amd64", "config": {"Env": ["A=b"], "Cmd": ["/bin/tree"]}}
    return [*members, entry("x.json", json.dumps(about)), entry("manifest.json", json.dumps(manifest)),
            entry("repositories", "{}")]


def package(name, members):
    about = json.dumps({"name": name, "version": "14.2", "arch": "FreeBSD:14:amd64"})
    return tar([entry("+COMPACT_MANIFEST", about), entry("+MANIFEST", about), *members], "w:xz")


def packages(tree):
    files = files_of(tree, "/")
    middle = len(files) // 2
    return {"FreeBSD-clibs-14.2.pkg": package("FreeBSD-clibs", files[:middle]),
            "FreeBSD-runtime-14.2.pkg": package("FreeBSD-runtime", [*files[middle:], hardlink("/bin/again", "/bin/inside")]),
            "note.txt": b"no package"}


def good():
    files = files_of(TREE, "./")
    special = [
        entry("usr/bin/su", "su", mode=0o4555, pax_headers={"SCHILY.fflags": "schg,uarch"}),
        entry("usr/bin/wall", "wall", mode=0o2555, uid=0, gid=4),
        entry("var/mail/someone", "", mode=0o600, uid=1001, gid=6),
        entry("etc/secret", "x", mode=0),
        directory("tmp", mode=0o1777),
        directory("var/sealed", mode=0o500),
        entry("var/sealed/inside", "x", mode=0o444),
        entry("dev/null", type=tarfile.CHRTYPE, devmajor=0, devminor=17, mode=0o666),
        entry("var/run/pipe", type=tarfile.FIFOTYPE, mode=0o600),
        symlink("usr/lib/libc.so.7", "/lib/libc.so.7"),
        symlink("etc/localtime", "/usr/share/zoneinfo/UTC"),
        hardlink("bin/again", "bin/inside"),
        entry("usr/share/F\u0151tan\u00fas\u00edtv\u00e1ny", "name in UTF-8"),
        entry("usr/share/bytes\udcff", "name in no encoding"),
        entry("etc/twice", "first"), hardlink("etc/first", "etc/twice"), entry("etc/twice", "second"),
    ]
    write(f"{GOOD}/base.txz", tar([*files, *special], "w:xz"))
    write(f"{GOOD}/plain.tar", tar(files))
    write(f"{GOOD}/gzip", tar(files, "w:gz"))
    write(f"{GOOD}/bzip2.zip", tar(files, "w:bz2"))  # the name says nothing
    made, index = image(layers_of(TREE))
    members = made.members(index)
    write(f"{GOOD}/oci.txz", tar(members, "w:xz"))
    for info, data in members:
        if data is not None:
            write(f"{GOOD}/oci-directory/{info.name}", data)
    write(f"{GOOD}/docker.tar", tar(saved(layers_of(TREE))))
    for name, data in packages(TREE).items():
        write(f"{GOOD}/packages/{name}", data)
    write(f"{GOOD}/packages.tar", tar([directory("All"), *[entry("All/" + n, d) for n, d in packages(TREE).items()]]))
    write(f"{GOOD}/medium/base.txz", tar(files, "w:xz"))


def sparse_bomb():
    """A GNU sparse file of 8 EiB: its map says that there is nothing in it."""
    data = b"1\n0\n0\n".ljust(512, b"\0")
    info, _ = entry("GNUSparseFile.0/etc/bomb", data, pax_headers={
        "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "etc/bomb",
        "GNU.sparse.realsize": str(2**63 - 1)})
    return info, data


def bad():
    files = files_of(TREE, "./")
    whole = tar(files, "w:xz")
    wrong_sum = bytearray(tar(files))
    wrong_sum[148:156] = b"0000000\0"

    def with_member(*members):
        return tar([*files, *members], "w:gz")

    made, index = image(layers_of(TREE))
    damaged = [(info, data[:-1] + b"?" if data is not None and len(data) > 1000 else data)
               for info, data in made.members(index)]
    incomplete = [m for m in made.members(index) if not m[0].name.startswith("blobs/sha256/")]
    foreign = Image()
    linux = {"manifests": [platform(foreign.manifest([tar(files)]), "linux", system) for system in ("arm64", "riscv64")]}
    out_of_layer = tar([entry(".wh...", "")])
    escape, escape_index = image([tar(files), out_of_layer])
    climb, climb_index = image([tar([*files, symlink("up", "etc"), entry("etc/x", "")]), tar([entry("up/.wh.x", ""),
                                                                                            entry("up/y", "")])])
    deep = "/".join(["deep"] * 4000)  # more than 16 KiB
    cases = {
        "absolute": (with_member(entry("/tmp/dragoman-absolute", "x")), "path is absolute"),
        "upward": (with_member(entry("etc/../../dragoman-upward", "x")), "leads upward"),
        "upward-directory": (with_member(directory("..")), "leads upward"),
        "link-out": (with_member(symlink("etc/out", "../../../etc/passwd")), "leads out of the tree"),
        "link-through": (with_member(symlink("door", "/tmp"), entry("door/dragoman-through", "x")), "a link does"),
        "link-through-deep": (with_member(symlink("etc/door", "../usr"), entry("etc/door/lib/x", "x")), "a link does"),
        "link-directory": (with_member(symlink("door", "usr"), directory("door/x")), "a link does"),
        "hard-link-out": (with_member(hardlink("etc/out", "../../../etc/passwd")), "leads upward"),
        "hard-link-absolute": (with_member(hardlink("etc/out", "/etc/passwd")), "path is absolute"),
        "hard-link-to-nothing": (with_member(hardlink("etc/out", "etc/nothing")), "no file of the archive"),
        "hard-link-through": (with_member(symlink("door", "/etc"), hardlink("etc/out", "door/passwd")),
                              "no file of the archive"),
        "hard-link-to-directory": (with_member(hardlink("etc/out", "usr/lib")), "no file of the archive"),
        "hard-link-to-itself": (with_member(entry("etc/self", "x"), hardlink("etc/self", "etc/self")), "to itself"),
        "sparse": (with_member(sparse_bomb()), "claims 9223372036854775807 bytes"),
        "name-long": (with_member(entry("etc/" + "n" * 300, "x")), "too long"),
        "path-deep": (with_member(entry(deep, "x")), "too long"),
        "name-control": (with_member(entry("etc/a\033[2Jb", "x")), "control characters"),
        "name-newline": (with_member(entry("etc/a\nb", "x")), "control characters"),
        "file-then-below": (with_member(entry("etc/f", "x"), entry("etc/f/g", "x")), "stands on its way"),
        "directory-then-file": (with_member(entry("lib", "x")), "is a directory, and then"),
        "truncated.xz": (whole[:len(whole) // 2], "cannot be read|no archive"),
        "truncated.tar": (tar(files)[:len(tar(files)) // 2 - 7], "cannot be read"),
        "damaged.tar": (bytes(wrong_sum), "no archive|cannot be read"),
        "empty": (b"", "holds no files"),
        "page.html": (b"<html><title>404 Not Found</title></html>\n" * 40, "no archive"),
        "zeros": (b"\0" * 10240, "holds no files"),
        "random": (struct.pack("<1024I", *[i * 2654435761 % 2**32 for i in range(1024)]), "no archive"),
        "other-files.tar": (tar([entry("etc/passwd", "x"), entry("bin/sh", "x")]), "holds no system"),
        "wrong-library.tar": (tar([*files, entry("lib/libc.so.7", "x")]), "holds no system"),
        "image-damaged.tar": (tar(damaged), "another digest"),
        "image-incomplete.tar": (tar(incomplete), "No such file"),
        "image-linux.tar": (tar(foreign.members(linux)), "it has: linux/arm64, linux/riscv64; --platform"),
        "image-no-json.tar": (tar([entry("oci-layout", "{}"), entry("index.json", "{" * 5000)]), "cannot be understood"),
        "image-digest.tar": (tar([entry("oci-layout", "{}"), entry("index.json", json.dumps(
            {"manifests": [{"digest": "sha256:../../../../etc/passwd"}]}))]), "no digest"),
        "image-layer-path.tar": (tar([entry("manifest.json", json.dumps([{"Layers": ["../../etc/passwd"]}]))]),
                                 "no path inside"),
        "image-layer-link.tar": (tar([directory("0" * 64), symlink("0" * 64 + "/layer.tar", "/etc/passwd"), entry(
            "manifest.json", json.dumps([{"Layers": ["0" * 64 + "/layer.tar"]}]))]), "layer.tar in it"),
        "image-whiteout.tar": (tar(escape.members(escape_index)), "removes nothing that could be"),
        "image-through-link.tar": (tar(climb.members(climb_index)), "a link does"),
        "image-two.tar": (tar([entry("manifest.json", json.dumps([{"Layers": ["a"]}, {"Layers": ["b"]}]))]),
                          "more than one image"),
        "package-upward.pkg": (package("x", [*files_of(TREE, "/"), entry("/../../dragoman-upward", "x")]), "upward"),
        "package-in-package.tar": (tar([entry("a.pkg", tar([entry("b.pkg", package("x", files))]))]), "archives in"),
    }
    for name, (data, says) in cases.items():
        write(f"{BAD}/{name}", data)
        write(f"{BAD}/{name}.says", says.encode())


if __name__ == "__main__":
    good()
    bad()
