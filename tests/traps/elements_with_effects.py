seen = []
def t(x):
    seen.append(x)
    return x > 1
print(any([t(x) for x in range(5)]), len(seen))
print(sum([x for x in range(5)]))
