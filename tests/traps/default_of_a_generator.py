def f(x=[]):
    yield 1
    x.append(1)
    yield len(x)
print(list(f()))
