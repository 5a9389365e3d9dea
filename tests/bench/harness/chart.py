def draw(doc):
    return ""
