"""One network as each framework sees it, a branch that depends on a tensor, and what makes either compile again."""
