#version 450
// c = op(a) op(b) + bias, for GPUs: a workgroup computes a tile of c from tiles of a and b in shared memory, each invocation
// ROWS x COLUMNS of it, as quads that lie a quarter or a half tile apart so that shared memory is read without conflicts.
#include "common.glsl"
layout(local_size_x_id = 0) in; // (TILE_M / ROWS) * (TILE_N / COLUMNS)
layout(constant_id = 1) const uint TILE_M = 64;
layout(constant_id = 2) const uint TILE_N = 64;
layout(constant_id = 3) const uint ROWS = 4;    // a multiple of four
layout(constant_id = 4) const uint COLUMNS = 4; // a multiple of four
layout(constant_id = 5) const bool TRANSPOSE_A = false; // a is [k, m]
layout(constant_id = 6) const bool TRANSPOSE_B = false; // b is [n, k]
layout(constant_id = 7) const bool ACCUMULATE = false;
layout(set = 0, binding = 0, std430) readonly buffer A { float a[]; };
layout(set = 0, binding = 1, std430) readonly buffer B { float b[]; };
layout(set = 0, binding = 2, std430) buffer C { float c[]; };
layout(set = 0, binding = 3, std430) readonly buffer Bias { float bias[]; };
layout(push_constant) uniform Constants {
    uint m;
    uint n;         // columns that are computed
    uint k;         // depth that is added up
    uint row_tiles;
    uint column_tiles;
    uint first_row; // of c as it is bound, where only a part of the product is computed
    uint a_stride;  // floats from one row of a as stored to the next
    uint b_stride;
    uint has_bias;
    uint upper_only; // leave out tiles below the diagonal
    uint a_first;    // the column of an a that is not transposed that goes with b's first row
    uint c_stride;   // floats from one row of c to the next
    uint c_first;    // the column of c and of the bias that b's first column gives
};

const uint DEPTH = 16;
const uint THREADS_N = TILE_N / COLUMNS;
const uint THREADS = (TILE_M / ROWS) * THREADS_N;
const uint ROW_QUADS = ROWS / 4;
const uint COLUMN_QUADS = COLUMNS / 4;
// One quad more a line, so that the four lines a transposing store touches lie in different banks.
const uint LINE_A = TILE_M / 4 + 1;
const uint LINE_B = TILE_N / 4 + 1;
shared vec4 tile_a[DEPTH * LINE_A];
shared vec4 tile_b[DEPTH * LINE_B];

// Neighbouring invocations load neighbouring floats, whichever way the operand lies.
void load_a(uint m0, uint k0) {
    for (uint e = gl_LocalInvocationID.x; e < TILE_M * DEPTH; e += THREADS) {
        uint row = TRANSPOSE_A ? e % TILE_M : e / DEPTH;
        uint depth = TRANSPOSE_A ? e / TILE_M : e % DEPTH;
        float value = 0.0;
        if (m0 + row < m && k0 + depth < k) {
            value = a[TRANSPOSE_A ? (k0 + depth) * a_stride + first_row + m0 + row : (m0 + row) * a_stride + a_first + k0 + depth];
        }
        tile_a[depth * LINE_A + row / 4][row % 4] = value;
    }
}

void load_b(uint n0, uint k0) {
    for (uint e = gl_LocalInvocationID.x; e < TILE_N * DEPTH; e += THREADS) {
        uint column = TRANSPOSE_B ? e / DEPTH : e % TILE_N;
        uint depth = TRANSPOSE_B ? e % DEPTH : e / TILE_N;
        float value = 0.0;
        if (n0 + column < n && k0 + depth < k) {
            value = b[TRANSPOSE_B ? (n0 + column) * b_stride + k0 + depth : (k0 + depth) * b_stride + n0 + column];
        }
        tile_b[depth * LINE_B + column / 4][column % 4] = value;
    }
}

void main() {
    uint tile = group_index();
    if (tile >= row_tiles * column_tiles) {
        return;
    }
    uint m0 = tile / column_tiles * TILE_M;
    uint n0 = tile % column_tiles * TILE_N;
    if (upper_only != 0 && c_first + n0 + TILE_N <= first_row + m0) {
        return;
    }
    uint thread_m = gl_LocalInvocationID.x / THREADS_N;
    uint thread_n = gl_LocalInvocationID.x % THREADS_N;

    vec4 sums[ROWS * COLUMN_QUADS];
    [[unroll]] for (uint i = 0; i < ROWS * COLUMN_QUADS; i++) { sums[i] = vec4(0); }
    for (uint k0 = 0; k0 < k; k0 += DEPTH) {
        load_a(m0, k0);
        load_b(n0, k0);
        barrier();
        for (uint depth = 0; depth < DEPTH; depth++) {
            vec4 own_b[COLUMN_QUADS];
            [[unroll]] for (uint j = 0; j < COLUMN_QUADS; j++) { own_b[j] = tile_b[depth * LINE_B + j * THREADS_N + thread_n]; }
            [[unroll]] for (uint q = 0; q < ROW_QUADS; q++) {
                vec4 own_a = tile_a[depth * LINE_A + q * (TILE_M / ROWS) + thread_m];
                [[unroll]] for (uint i = 0; i < 4; i++) {
                    [[unroll]] for (uint j = 0; j < COLUMN_QUADS; j++) {
                        uint at = (q * 4 + i) * COLUMN_QUADS + j;
                        sums[at] = fma(vec4(own_a[i]), own_b[j], sums[at]);
                    }
                }
            }
        }
        barrier();
    }

    [[unroll]] for (uint q = 0; q < ROW_QUADS; q++) {
        [[unroll]] for (uint i = 0; i < 4; i++) {
            uint row = m0 + (q * (TILE_M / ROWS) + thread_m) * 4 + i;
            [[unroll]] for (uint j = 0; j < COLUMN_QUADS; j++) {
                vec4 value = sums[(q * 4 + i) * COLUMN_QUADS + j];
                uint column = n0 + (j * THREADS_N + thread_n) * 4;
                [[unroll]] for (uint x = 0; x < 4; x++) {
                    if (row < m && column + x < n) {
                        uint at = row * c_stride + c_first + column + x;
                        float total = value[x] + (has_bias != 0 ? bias[c_first + column + x] : 0.0);
                        c[at] = ACCUMULATE ? c[at] + total : total;
                    }
                }
            }
        }
    }
}
