from recsys.evaluate.report import table


def test_a_table_holds_what_would_break_out_of_it():
    assert table(["x | y"], [["<img src=x\nonerror=1>`"]]) == "| x   y |\n| --- |\n|  img src=x onerror=1   |"
