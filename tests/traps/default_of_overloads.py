from typing import overload
@overload
def f(x: list = []) -> int: ...
@overload
def f(x: dict) -> str: ...
def f(x=[]):
    x.append(1)
    return len(x)
print(f())
