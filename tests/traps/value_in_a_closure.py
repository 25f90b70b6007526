def make():
    big = list(range(1000000))
    n = len(big)
    f = lambda: len(big)
    return n, f
print(make()[1]())
