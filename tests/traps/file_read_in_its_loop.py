import tempfile
p = tempfile.mktemp()
with open(p, "w") as o:
    o.write("a\nb\nc\nd\n")
def n(p):
    k = []
    with open(p) as fh:
        for l in fh.readlines():
            k.append(l)
            k.append(fh.readline())
            fh.tell()
    return k
print(n(p))
