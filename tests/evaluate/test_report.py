from recsys.evaluate.markdown import table


def test_a_table_replaces_characters_that_would_end_a_cell():
    assert table([{"x | y": "<img src=x\nonerror=1>`"}]) == "| x   y |\n| --- |\n|  img src=x onerror=1   |"
