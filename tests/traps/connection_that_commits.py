import sqlite3
def put(p):
    with sqlite3.connect(p) as c:
        c.execute("create table if not exists t(a)")
        c.execute("insert into t values(1)")
    return 0
import tempfile, os
p = os.path.join(tempfile.mkdtemp(), "x")
put(p)
print(sqlite3.connect(p).execute("select count(*) from t").fetchall())
