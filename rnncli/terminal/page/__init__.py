"""A model alive in one HTML file: the network runs in the browser, in plain JavaScript.

weights, cells, network, models, sampling.js are the engine; the other scripts are what one sees. They are joined into
one script in the order of :data:`rnncli.terminal.page.document.SCRIPTS`.
"""
