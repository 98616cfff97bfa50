# SPDX-License-Identifier: MIT
"""Two graph algorithms: which nodes form cycles, and in which order to visit the rest."""


def components(nodes, successors):
    """Groups nodes that reach each other (Tarjan). A group comes after the groups it reaches.

    `successors` maps a node to an iterable of nodes.
    """
    number = {}
    low = {}
    stack = []
    on_stack = set()
    result = []

    def enter(node):
        number[node] = low[node] = len(number)
        stack.append(node)
        on_stack.add(node)
        return node, iter(successors(node))

    def leave(node):
        if low[node] != number[node]:
            return
        at = stack.index(node)
        group = stack[at:]
        del stack[at:]
        on_stack.difference_update(group)
        result.append(group)

    for start in nodes:
        path = [] if start in number else [enter(start)]
        while path:
            node, remaining = path[-1]
            following = next(remaining, None)
            if following is None:
                path.pop()
                leave(node)
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
            elif following not in number:
                path.append(enter(following))
            elif following in on_stack:
                low[node] = min(low[node], number[following])
    return result


def depth_first(roots, edges, skip=lambda edge: False):
    """Visits all nodes reachable from the roots.

    `edges` maps a node to a list of edges, which have a `target`. Returns the nodes, targets
    before sources, and the edges that close a cycle.
    """
    done = set()
    opened = set()
    order = []
    closing = []
    for root in roots:
        path = [] if root in opened else [(root, iter(edges(root)))]
        opened.add(root)
        while path:
            node, remaining = path[-1]
            edge = next(remaining, None)
            if edge is None:
                path.pop()
                done.add(node)
                order.append(node)
            elif skip(edge):
                continue
            elif edge.target not in opened:
                opened.add(edge.target)
                path.append((edge.target, iter(edges(edge.target))))
            elif edge.target not in done:
                closing.append(edge)
    return order, closing
