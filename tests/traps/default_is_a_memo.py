calls = []
def f(n, memo={}):
    if n not in memo:
        calls.append(n)
        memo[n] = n
    return memo[n]
f(1); f(1)
print(calls)
