def f(data):
    out = []
    while data:
        out.append(data[:2].decode())
        data = data[2:]
    return out
print(f(b"abcdef"))
