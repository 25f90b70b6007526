import csv, tempfile
p = tempfile.mktemp()
open(p, "w").write("a,b\nc,d\n")
def rows(p):
    return csv.reader(open(p))
print(list(rows(p)))
def rows2(p):
    return map(str.strip, open(p))
print(list(rows2(p)))
