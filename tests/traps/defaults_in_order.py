def f(a=[], b={}):
    a.append(1)
    b[1] = 2
    return len(a), len(b)
print(f())
