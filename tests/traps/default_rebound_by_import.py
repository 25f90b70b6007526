def f(x=[]):
    import os as x
    return x.sep
def g(x=[]):
    x.append(1)
    import os as x
    return x.sep
print(f(), g())
