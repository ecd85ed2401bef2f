"""A function whose branch depends on a tensor, run in PyTorch in every way there is."""

import torch


def step(x):
    if x.sum() > 0:
        return x * 2
    return x - 1


def eager():
    for x in (torch.tensor([1.0, 2.0]), torch.tensor([-1.0, -2.0])):
        print(x.tolist(), "gives", step(x).tolist())


def compiled():
    told = torch._dynamo.explain(step)(torch.tensor([1.0, 2.0]))
    print(told.graph_count, "graphs,", told.graph_break_count, "breaks")
    for reason in told.break_reasons:
        print(reason.reason)
    torch._dynamo.reset()

    # Dynamo breaks a function up before any compiler sees it, so the one that compiles nothing shows the same.
    function = torch.compile(step, backend="eager")
    for x in (torch.tensor([1.0, 2.0]), torch.tensor([-1.0, -2.0])):
        print(x.tolist(), "gives", function(x).tolist())


def in_one_graph():
    function = torch.compile(step, backend="eager", fullgraph=True)
    for x in (torch.tensor([1.0, 2.0]), torch.tensor([-1.0, -2.0])):
        print(x.tolist(), "gives", function(x).tolist())


def exported():
    class Step(torch.nn.Module):
        def forward(self, x):
            return step(x)

    program = torch.export.export(Step(), (torch.tensor([1.0, 2.0]),)).module()
    for x in (torch.tensor([1.0, 2.0]), torch.tensor([-1.0, -2.0])):
        print(x.tolist(), "gives", program(x).tolist())


def keeps_a_branch():
    # The trace records the operations of one example, and no branch is an operation.
    function = torch.jit.trace(step, torch.tensor([1.0, 2.0]), check_trace=False)
    for x in (torch.tensor([1.0, 2.0]), torch.tensor([-1.0, -2.0])):
        wrong = "" if function(x).equal(step(x)) else "  <- wrong"
        print(x.tolist(), "gives", function(x).tolist(), wrong)
    print(function.code)


def python_value():
    def chosen(x, factor):
        return x * factor if factor > 1 else x - 1

    compiles = torch._dynamo.testing.CompileCounter()
    function = torch.compile(chosen, backend=compiles)
    for factor in (2, 2, 3, 4, 0):
        result = function(torch.tensor([1.0, 2.0]), factor).tolist()
        print("factor", factor, "gives", result, "after", compiles.frame_count, "compilations")


def side_effect():
    def loud(x):
        print("  Python runs loud")
        return x * 2

    function = torch.compile(loud, backend="eager")
    for size in (2, 2, 3, 3):
        print("called with", size, "numbers")
        function(torch.ones(size))


def mended():
    def both(x):
        return torch.cond(x.sum() > 0, lambda x: x * 2, lambda x: x - 1, (x,))

    function = torch.compile(both, backend="eager", fullgraph=True)
    for x in (torch.tensor([1.0, 2.0]), torch.tensor([-1.0, -2.0])):
        print(x.tolist(), "gives", function(x).tolist())


def forget():
    """What was compiled belongs to the code of step, and would be used by the next way."""
    torch._dynamo.reset()
