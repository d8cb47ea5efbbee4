"""PyYAML's safe loader on libyaml's parser, where PyYAML was built with it: ten times as fast, with the same result.

Only the parser is C. yaml.CSafeLoader also composes nodes in C, where a deeply nested file crashes the process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from onewarm.errors import needs

with needs("onewarm.claims", "notebook"):
    import yaml
    from yaml.composer import Composer
    from yaml.constructor import SafeConstructor
    from yaml.resolver import Resolver


__all__ = ["QuickLoader"]

if TYPE_CHECKING or not yaml.__with_libyaml__:
    QuickLoader = yaml.SafeLoader
else:
    from yaml.cyaml import CParser

    class QuickLoader(Composer, CParser, SafeConstructor, Resolver):
        """`yaml.SafeLoader` for text, with the same values, tags and line numbers.

        >>> yaml.load("a: [1, x]", Loader=QuickLoader)
        {'a': [1, 'x']}
        """

        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)
            Composer.__init__(self)
            SafeConstructor.__init__(self)
            Resolver.__init__(self)
