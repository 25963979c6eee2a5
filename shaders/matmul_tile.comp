#version 450
// c = op(a) op(b) + bias, for GPUs: a workgroup computes a tile of c from slices of a and b in shared memory, each invocation
// ROWS x COLUMNS of it, as quads that lie a quarter or a half tile apart so that shared memory is read without conflicts. While a
// slice is multiplied the next is on its way, in registers and then in the other half of the shared memory.
// The depth may be cut into parts, which lie along z. Each sum, or part of one, is added up in the order of the depth whatever the
// tile, so the tile changes no bit of the result.
#include "common.glsl"
layout(local_size_x_id = 0) in; // (TILE_M / ROWS) * (TILE_N / COLUMNS)
layout(constant_id = 1) const uint TILE_M = 64; // a multiple of 4 ROWS
layout(constant_id = 2) const uint TILE_N = 64; // a multiple of 8 COLUMNS
layout(constant_id = 3) const uint ROWS = 8;    // a multiple of four
layout(constant_id = 4) const uint COLUMNS = 4; // a multiple of four
layout(constant_id = 5) const uint DEPTH = 8;   // of a slice, a multiple of four
layout(constant_id = 6) const bool TRANSPOSE_A = false; // a is [k, m]
layout(constant_id = 7) const bool TRANSPOSE_B = false; // b is [n, k]
layout(constant_id = 8) const bool ACCUMULATE = false;
layout(constant_id = 9) const bool ALIGNED = true; // rows of a, b and c, as stored, are whole quads
layout(constant_id = 10) const bool SPLIT = false; // the depth is cut into parts
layout(constant_id = 11) const uint HALVES = 0; // b has 16-bit floats, two a word: 1 for bfloat16, 2 for binary16; else 0
const bool BFLOAT16 = HALVES == 1;
layout(constant_id = 12) const uint EPILOGUE = 0; // 1: the GELU of c is written too; 2: c is multiplied by the derivative of the GELU of inner
const bool GELU = EPILOGUE == 1, GELU_BACKWARD = EPILOGUE == 2;
#include "gelu.glsl"
#include "halves.glsl"
layout(set = 0, binding = 0, std430) readonly buffer A { float a[]; };
layout(set = 0, binding = 0, std430) readonly buffer A4 { vec4 a4[]; };
layout(set = 0, binding = 1, std430) readonly buffer B { float b[]; };
layout(set = 0, binding = 1, std430) readonly buffer B4 { vec4 b4[]; };
layout(set = 0, binding = 1, std430) readonly buffer Words { uint b_words[]; };
layout(set = 0, binding = 1, std430) readonly buffer Pairs { uvec2 b_pairs[]; };
layout(set = 0, binding = 2, std430) buffer C { float c[]; };
layout(set = 0, binding = 2, std430) buffer C4 { vec4 c4[]; };
layout(set = 0, binding = 3, std430) readonly buffer Bias { float bias[]; };
layout(set = 0, binding = 3, std430) readonly buffer Bias4 { vec4 bias4[]; };
layout(set = 0, binding = 4, std430) writeonly buffer Parts { float parts[]; };
layout(set = 0, binding = 4, std430) writeonly buffer Parts4 { vec4 parts4[]; };
// An epilogue's operand, which a product in parts has none of.
layout(set = 0, binding = 4, std430) writeonly buffer Activated { float activated[]; };
layout(set = 0, binding = 4, std430) writeonly buffer Activated4 { vec4 activated4[]; };
layout(set = 0, binding = 4, std430) readonly buffer Inner { float inner[]; };
layout(set = 0, binding = 4, std430) readonly buffer Inner4 { vec4 inner4[]; };
layout(push_constant) uniform Constants {
    uint m;
    uint n;         // columns that are computed
    uint k;         // depth that is added up
    uint row_tiles;
    uint column_tiles;
    uint first_row; // of c as it is bound, where only a part of the product is computed
    uint a_stride;  // elements from one row of a as stored to the next
    uint b_stride;
    uint has_bias;
    uint upper_only; // leave out tiles below the diagonal
    uint a_first;    // the column of an a that is not transposed that goes with b's first row
    uint c_stride;   // floats from one row of c to the next
    uint c_first;    // the column of c and of the bias that b's first column gives
    uint split_depth; // so much of k is added up by each workgroup along z: the first for c, the others for m x n parts of their own
    uint first_split; // of this dispatch
    uint first_tile;
};

const uint THREADS_M = TILE_M / ROWS;
const uint THREADS_N = TILE_N / COLUMNS;
const uint THREADS = THREADS_M * THREADS_N;
const uint ROW_QUADS = ROWS / 4;
const uint COLUMN_QUADS = COLUMNS / 4;
const uint LOADS_A = TILE_M * DEPTH / 4 / THREADS; // quads of a slice that an invocation loads; at least one
const uint LOADS_B = TILE_N * DEPTH / 4 / THREADS;
// One quad more a line, so that the four lines a transposing store touches lie in different banks.
const uint LINE_A = TILE_M / 4 + 1;
const uint LINE_B = TILE_N / 4 + 1;
shared vec4 slice_a[2 * DEPTH * LINE_A];
shared vec4 slice_b[2 * DEPTH * LINE_B];

// Where the i-th quad that this invocation loads lies in a slice: its place along the tile's side and its depth. Neighbouring
// invocations load neighbouring quads, whichever way the operand lies; a quad runs along the operand's rows.
uvec2 place(uint i, uint side, bool along_side) {
    uint e = i * THREADS + gl_LocalInvocationID.x;
    return along_side ? uvec2(e % (side / 4) * 4, e / (side / 4)) : uvec2(e / (DEPTH / 4), e % (DEPTH / 4) * 4);
}

vec4 quad_a(uint at) { return a4[at / 4]; }
float element_a(uint at) { return a[at]; }

vec4 quad_b(uint at) {
    if (HALVES == 0) {
        return b4[at / 4];
    }
    uvec2 words = b_pairs[at / 4];
    return uintBitsToFloat(uvec4(widened(words.x & 0xFFFFu), widened(words.x >> 16), widened(words.y & 0xFFFFu), widened(words.y >> 16)));
}

float element_b(uint at) {
    return HALVES == 0 ? b[at] : uintBitsToFloat(widened(b_words[at / 2] >> (at % 2 * 16) & 0xFFFFu));
}

// A quad of an operand as stored, from (row, column) on; zeros from (rows, columns) on.
#define LOAD(name) \
    vec4 load_##name(uint row, uint column, uint rows, uint columns, uint first) { \
        uint at = first + row * name##_stride + column; \
        if (ALIGNED) { \
            return row < rows && column < columns ? quad_##name(at) : vec4(0); \
        } \
        vec4 quad = vec4(0); \
        [[unroll]] for (uint x = 0; x < 4; x++) { \
            if (row < rows && column + x < columns) { quad[x] = element_##name(at + x); } \
        } \
        return quad; \
    }
LOAD(a)
LOAD(b)

// A quad at its place in a slice, of which depth is the slow dimension.
#define STORE(name, LINE) \
    void store_##name(uvec2 place, bool along_side, uint half_, vec4 quad) { \
        if (along_side) { \
            slice_##name[(half_ * DEPTH + place.y) * LINE + place.x / 4] = quad; \
        } else { \
            [[unroll]] for (uint x = 0; x < 4; x++) { \
                slice_##name[(half_ * DEPTH + place.y + x) * LINE + place.x / 4][place.x % 4] = quad[x]; \
            } \
        } \
    }
STORE(a, LINE_A)
STORE(b, LINE_B)

void main() {
    uint tile = first_tile + group_index();
    if (tile >= row_tiles * column_tiles) {
        return;
    }
    uint m0 = tile / column_tiles * TILE_M;
    uint n0 = tile % column_tiles * TILE_N;
    if (upper_only != 0 && c_first + n0 + TILE_N <= first_row + m0) {
        return;
    }
    uint split = SPLIT ? first_split + gl_WorkGroupID.z : 0;
    uint first_depth = SPLIT ? split * split_depth : 0, end = SPLIT ? min(k, first_depth + split_depth) : k;
    // 32 neighbouring invocations share 4 x 8 parts of the tile, so that together they read little of a slice.
    uint invocation = gl_LocalInvocationID.x;
    uint block = invocation / 32;
    uint thread_m = block / (THREADS_N / 8) * 4 + invocation % 32 / 8;
    uint thread_n = block % (THREADS_N / 8) * 8 + invocation % 8;

    vec4 sums[ROWS * COLUMN_QUADS], next_a[LOADS_A], next_b[LOADS_B];
    [[unroll]] for (uint i = 0; i < ROWS * COLUMN_QUADS; i++) { sums[i] = vec4(0); }
    for (uint k0 = first_depth, half_ = 0; k0 < end + DEPTH; k0 += DEPTH, half_ = 1 - half_) {
        if (k0 < end) {
            [[unroll]] for (uint i = 0; i < LOADS_A; i++) {
                uvec2 at = place(i, TILE_M, TRANSPOSE_A) + uvec2(m0, k0);
                next_a[i] = TRANSPOSE_A ? load_a(at.y, at.x, end, m, first_row) : load_a(at.x, at.y, m, end, a_first);
            }
            [[unroll]] for (uint i = 0; i < LOADS_B; i++) {
                uvec2 at = place(i, TILE_N, !TRANSPOSE_B) + uvec2(n0, k0);
                next_b[i] = TRANSPOSE_B ? load_b(at.x, at.y, n, end, 0) : load_b(at.y, at.x, end, n, 0);
            }
        }
        if (k0 > first_depth) { // the slice before this one
            [[unroll]] for (uint depth = 0; depth < DEPTH; depth++) {
                uint line = (1 - half_) * DEPTH + depth;
                vec4 own_b[COLUMN_QUADS];
                [[unroll]] for (uint j = 0; j < COLUMN_QUADS; j++) { own_b[j] = slice_b[line * LINE_B + j * THREADS_N + thread_n]; }
                [[unroll]] for (uint q = 0; q < ROW_QUADS; q++) {
                    vec4 own_a = slice_a[line * LINE_A + q * THREADS_M + thread_m];
                    [[unroll]] for (uint i = 0; i < 4; i++) {
                        [[unroll]] for (uint j = 0; j < COLUMN_QUADS; j++) {
                            uint at = (q * 4 + i) * COLUMN_QUADS + j;
                            sums[at] = fma(vec4(own_a[i]), own_b[j], sums[at]);
                        }
                    }
                }
            }
        }
        if (k0 < end) {
            [[unroll]] for (uint i = 0; i < LOADS_A; i++) { store_a(place(i, TILE_M, TRANSPOSE_A), TRANSPOSE_A, half_, next_a[i]); }
            [[unroll]] for (uint i = 0; i < LOADS_B; i++) { store_b(place(i, TILE_N, !TRANSPOSE_B), !TRANSPOSE_B, half_, next_b[i]); }
        }
        barrier();
    }

    // The first part goes to c itself; column_sum adds the others to it afterwards. A loop of its own, as a choice within the other takes
    // registers.
    if (SPLIT && split > 0) {
        [[unroll]] for (uint q = 0; q < ROW_QUADS; q++) {
            [[unroll]] for (uint i = 0; i < 4; i++) {
                uint row = m0 + (q * THREADS_M + thread_m) * 4 + i;
                [[unroll]] for (uint j = 0; j < COLUMN_QUADS; j++) {
                    vec4 value = sums[(q * 4 + i) * COLUMN_QUADS + j];
                    uint column = n0 + (j * THREADS_N + thread_n) * 4;
                    uint at = ((split - 1) * m + row) * n + column;
                    if (ALIGNED && row < m && column < n) { parts4[at / 4] = value; }
                    [[unroll]] for (uint x = 0; x < 4; x++) {
                        if (!ALIGNED && row < m && column + x < n) { parts[at + x] = value[x]; }
                    }
                }
            }
        }
        return;
    }

    [[unroll]] for (uint q = 0; q < ROW_QUADS; q++) {
        // All at once: behind a write to c, which for all the compiler knows is the same memory, each would be waited for alone.
        vec4 inputs[4 * COLUMN_QUADS];
        [[unroll]] for (uint i = 0; i < 4 * COLUMN_QUADS; i++) {
            uint row = m0 + (q * THREADS_M + thread_m) * 4 + i / COLUMN_QUADS;
            uint column = n0 + (i % COLUMN_QUADS * THREADS_N + thread_n) * 4;
            if (GELU_BACKWARD && ALIGNED && row < m && column < n) { inputs[i] = inner4[(row * c_stride + c_first + column) / 4]; }
        }
        [[unroll]] for (uint i = 0; i < 4; i++) {
            uint row = m0 + (q * THREADS_M + thread_m) * 4 + i;
            [[unroll]] for (uint j = 0; j < COLUMN_QUADS; j++) {
                vec4 value = sums[(q * 4 + i) * COLUMN_QUADS + j];
                uint column = n0 + (j * THREADS_N + thread_n) * 4;
                uint at = row * c_stride + c_first + column;
                if (ALIGNED && row < m && column < n) {
                    vec4 total = value + (has_bias != 0 ? bias4[(c_first + column) / 4] : vec4(0));
                    if (ACCUMULATE) { total = c4[at / 4] + total; }
                    if (GELU_BACKWARD) { total *= gelu_derivative(inputs[i * COLUMN_QUADS + j]); }
                    if (GELU) { activated4[at / 4] = gelu(total); }
                    c4[at / 4] = total;
                }
                [[unroll]] for (uint x = 0; x < 4; x++) {
                    if (!ALIGNED && row < m && column + x < n) {
                        float total = value[x] + (has_bias != 0 ? bias[c_first + column + x] : 0.0);
                        if (ACCUMULATE) { total = c[at + x] + total; }
                        if (GELU_BACKWARD) { total *= gelu_derivative(vec4(inner[at + x])).x; }
                        if (GELU) { activated[at + x] = gelu(vec4(total)).x; }
                        c[at + x] = total;
                    }
                }
            }
        }
    }
}
