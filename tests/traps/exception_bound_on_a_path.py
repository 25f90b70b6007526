def f(n):
    last = None
    for i in range(n):
        try:
            return int("x")
        except ValueError as e:
            last = e
    if last:
        raise last
    return 0
print(f(0))
