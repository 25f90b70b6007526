def f(n):
    if n:
        try:
            int("x")
        except ValueError as e:
            err = e
        raise err
    return 0
print(f(0))
