def f(y, x=[len]):
    x.append(1)
    len = y
    return len
print(f(3))
