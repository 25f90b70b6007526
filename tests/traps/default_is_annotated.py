def f(x: list[int] = []) -> int:
    x.append(1)
    return len(x)
print(f())
