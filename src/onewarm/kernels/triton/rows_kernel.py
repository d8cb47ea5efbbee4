"""One row of logits on a GPU, in Triton: two passes over it, a block of classes at a time.

First pass, with the running maximum m: sum exp(z - m), and for every table row r of the target <r, z - m>, its mass on
open classes and on masked ones. Then the loss. Second pass: the gradient, which may overwrite the logits. Triton
converts float16 and bfloat16 on load and store; on the CPU that is kernels/cpu/float16.py.

A block bounds what is in registers, so K has no limit. Weights (and so alpha), ``z_loss``, scales and counts are
runtime values; only the block and the shape of the target (powers of two, flags) are compiled in.
"""

# Triton compiles this source itself and accepts no type annotations but its own.
# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator, import-untyped"

import triton
from triton import language as tl


@triton.jit(do_not_specialize=["scale_step", "scale", "z_loss", "names", "parts", "table_rows", "move_mass", "keep"])
def rows_kernel(
    z_ptr,  # (N, K), rows z_stride apart
    z_stride,
    g_ptr,  # (N, K) likewise; may be z_ptr
    g_stride,
    loss_ptr,  # (N,) float32
    flag_ptr,  # (2,) int32: the first row whose logits have no loss, the first with an index out of range
    classes,
    index_ptr,  # (N, names)
    weight_ptr,
    names,
    table_ptr,  # (table_rows, K), rows table_stride apart
    table_stride,
    table_rows,
    table_index_ptr,  # (N, parts)
    table_weight_ptr,
    parts,
    scale_ptr,  # (N,) or (1,), of each row's gradient
    scale_step,
    scale,  # a further factor, for all rows
    z_loss,
    move_mass,  # whether table mass on masked classes moves to the others
    keep,  # whether the gradient of a row without a loss is not written
    BLOCK: tl.constexpr,
    NAMES: tl.constexpr,  # at least names, a power of two
    PARTS: tl.constexpr,  # at least parts, a power of two; 0: no table
    ONE: tl.constexpr,  # the table is a single row: table_index is not read
    GRADIENT: tl.constexpr,
    CUTS: tl.constexpr,  # a conversion to the gradient's type cuts off, as the interpreter's to bfloat16 does
):
    row = tl.program_id(0).to(tl.int64)
    z_row = z_ptr + row * z_stride
    g_row = g_ptr + row * g_stride
    j = tl.arange(0, NAMES)
    w = tl.load(weight_ptr + row * names + j, mask=j < names, other=0).to(tl.float32)
    index = tl.load(index_ptr + row * names + j, mask=j < names, other=0).to(tl.int64)
    inside = (index >= 0) & (index < classes)
    live = tl.max(tl.where(w != 0, 1, 0), axis=0)
    bad_index = tl.max(tl.where((j < names) & (inside == 0), 1, 0), axis=0)
    if PARTS > 0:
        t = tl.arange(0, PARTS)
        tw = tl.load(table_weight_ptr + row * parts + t, mask=t < parts, other=0).to(tl.float32)
        live = tl.maximum(live, tl.max(tl.where(tw != 0, 1, 0), axis=0))
        if ONE == 0:
            ti = tl.load(table_index_ptr + row * parts + t, mask=t < parts, other=0).to(tl.int64)
            wrong = (t < parts) & ((ti < 0) | (ti >= table_rows))
            bad_index = tl.maximum(bad_index, tl.max(tl.where(wrong, 1, 0), axis=0))
    if bad_index != 0:
        tl.atomic_min(flag_ptr + 1, row.to(tl.int32))
    if live == 0:
        tl.store(loss_ptr + row, 0.0)
        if GRADIENT:
            for start in range(0, classes, BLOCK):
                k = start + tl.arange(0, BLOCK)
                tl.store(g_row + k, tl.zeros([BLOCK], g_ptr.dtype.element_ty), mask=k < classes)
    else:
        top = -float("inf")
        total = 0.0
        bad = bad_index
        if PARTS > 0:
            dot = tl.zeros([PARTS], tl.float32)
            open_mass = tl.zeros([PARTS], tl.float32)
            masked_mass = tl.zeros([PARTS], tl.float32)
        for start in range(0, classes, BLOCK):
            k = start + tl.arange(0, BLOCK)
            z = tl.load(z_row + k, mask=k < classes, other=-float("inf")).to(tl.float32)
            bad = tl.maximum(bad, tl.max(tl.where((z != z) | (z == float("inf")), 1, 0), axis=0))
            new = tl.maximum(top, tl.max(z, axis=0))
            ref = tl.where(new == -float("inf"), 0.0, new)
            shift = tl.where(top == -float("inf"), 0.0, top - ref)
            total = total * tl.exp(shift) + tl.sum(tl.exp(z - ref), axis=0)
            top = new
            if PARTS > 0:
                is_open = z > -float("inf")
                d = tl.where(is_open, z - ref, 0.0)
                dot += shift * open_mass
                for p in range(parts):
                    at = _table_row(table_ptr, table_stride, table_rows, table_index_ptr, row * parts + p, ONE)
                    r = tl.load(at + k, mask=k < classes, other=0).to(tl.float32)
                    dot += tl.where(t == p, tl.sum(r * d, axis=0), 0.0)
                    open_mass += tl.where(t == p, tl.sum(tl.where(is_open, r, 0.0), axis=0), 0.0)
                    masked_mass += tl.where(t == p, tl.sum(tl.where(is_open, 0.0, r), axis=0), 0.0)
        ref = tl.where(top == -float("inf"), 0.0, top)
        bad = tl.maximum(bad, tl.where(top == -float("inf"), 1, 0))
        named_here = (w != 0) & inside
        named = tl.load(z_row + index, mask=named_here, other=0).to(tl.float32)
        on_masked = named == -float("inf")
        s = tl.sum(w, axis=0)
        inner = tl.sum(tl.where(named_here & (on_masked == 0), w * (named - ref), 0.0), axis=0)
        impossible = tl.max(tl.where(named_here & on_masked, 1, 0), axis=0)
        if PARTS > 0:
            s += tl.sum(tw * (open_mass + masked_mass), axis=0)
            stuck = (masked_mass != 0) & ((open_mass == 0) | (move_mass == 0))
            share = tl.where(
                stuck | (masked_mass == 0), tw, tw * (1 + masked_mass / tl.where(open_mass == 0, 1.0, open_mass))
            )
            masked_weight = tl.where(stuck, tw, 0.0)
            inner += tl.sum(share * dot, axis=0)
            impossible = tl.maximum(impossible, tl.max(tl.where(masked_weight != 0, 1, 0), axis=0))
        log_total = tl.log(total)
        lse = ref + log_total
        loss = s * log_total - inner + z_loss * s * lse * lse
        loss = tl.where(impossible != 0, float("inf"), loss)
        tl.store(loss_ptr + row, tl.where(bad != 0, float("nan"), loss))
        if bad != 0 and bad_index == 0:
            tl.atomic_min(flag_ptr, row.to(tl.int32))
        if GRADIENT:
            tl.debug_barrier()  # every thread has read the named logits before one of them is overwritten
            scale *= tl.load(scale_ptr + row * scale_step).to(tl.float32)
            c = scale * s * (1 + 2 * z_loss * lse) / total
            c = tl.where(bad != 0, float("nan"), c)
            end = tl.where((bad != 0) & (keep != 0), 0, classes)
            for start in range(0, end, BLOCK):
                k = start + tl.arange(0, BLOCK)
                z = tl.load(z_row + k, mask=k < classes, other=-float("inf")).to(tl.float32)
                g = c * tl.exp(z - ref)
                if PARTS > 0:
                    for p in range(parts):
                        at = _table_row(table_ptr, table_stride, table_rows, table_index_ptr, row * parts + p, ONE)
                        r = tl.load(at + k, mask=k < classes, other=0).to(tl.float32)
                        free_share = tl.sum(tl.where(t == p, share, 0.0), axis=0)
                        masked_share = tl.sum(tl.where(t == p, masked_weight, 0.0), axis=0)
                        g -= scale * tl.where(z > -float("inf"), free_share, masked_share) * r
                for q in range(names):
                    name = tl.load(index_ptr + row * names + q)
                    if (name >= start) & (name < start + BLOCK):  # most blocks hold none and skip the work
                        g -= tl.where(k == name, scale * tl.load(weight_ptr + row * names + q).to(tl.float32), 0.0)
                if CUTS:  # to nearest even, by hand
                    bits = g.to(tl.int32, bitcast=True)
                    bits = (bits + 0x7FFF + ((bits >> 16) & 1)) & -65536
                    g = tl.where(g == g, bits.to(tl.float32, bitcast=True), g)
                tl.store(g_row + k, g.to(g_ptr.dtype.element_ty), mask=k < classes)


@triton.jit
def _table_row(table_ptr, stride, table_rows, table_index_ptr, at, ONE: tl.constexpr):
    """Where a table row begins; an index out of range is clamped here and reported by the caller."""
    if ONE:
        return table_ptr
    r = tl.load(table_index_ptr + at).to(tl.int64)
    return table_ptr + tl.minimum(tl.maximum(r, 0), table_rows - 1) * stride
