fs = []
for i in range(3):
    def late(x=[i]):
        x.append(0)
        return x[0]
    fs.append(late)
print([f() for f in fs])
