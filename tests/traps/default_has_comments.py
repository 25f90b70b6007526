def f(x=[  # why
    1,  # one
]):
    x.append(1)
    return len(x)
print(f())
