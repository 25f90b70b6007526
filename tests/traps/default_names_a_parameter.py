outer = 1
def f(outer, x=[outer]):
    x.append(outer)
    return list(x)
print(f(99))
