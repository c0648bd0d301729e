"""Characters to integers: where text comes from, what of it is learnt, and in which batches.

    files → DataSpec → Dataset → batches (T, B) of ids

A :class:`~rnncli.datasets.spec.DataSpec` says what is read and how it is split; the model file records it, and
:func:`~rnncli.datasets.dataset.open_dataset` is the one place that opens it, the first time and ever after.
"""
