#version 450
// c = a b + bias, for devices that compute in a CPU's vector registers: a [m, k] or, with TRANSPOSE_A, stored as [k, m]; b [k, n] or,
// with TRANSPOSE_B, stored as [n, k]. Their rows are whole quads; where a row holds the inner dimension, zeros fill the last.
// One subgroup is one workgroup and computes a tile of ROW_GROUPS * LANES rows and COLUMNS * LANES columns in registers. A
// lane loads elements of a and hands them to the others by shuffle with a constant lane, and loads those of b for its columns
// of c. There is no shared memory and no barrier; both are slow there.
#include "common.glsl"
#include "quads.glsl"
layout(local_size_x_id = 0) in;
#include "subgroups.glsl"
layout(constant_id = 1) const uint LANES = 8; // the width of a subgroup
layout(constant_id = 2) const uint ROW_GROUPS = 4;
layout(constant_id = 3) const uint COLUMNS = 8;
layout(constant_id = 4) const bool TRANSPOSE_A = false;
layout(constant_id = 5) const bool TRANSPOSE_B = false;
layout(constant_id = 6) const bool ALIGNED = true; // n and what c has of strides are multiples of four
INPUT(0, a)
INPUT(1, b)
OUTPUT(2, c)
// Not an input, which has to be whole quads; rows of a and b are, and n need not be.
layout(set = 0, binding = 3, std430) readonly buffer Bias { float bias[]; };
layout(set = 0, binding = 3, std430) readonly buffer Bias4 { vec4 bias4[]; };
layout(push_constant) uniform Constants {
    uint m;
    uint n;          // columns that are computed
    uint depth;      // how much of k is added up
    uint row_tiles;
    uint column_tiles;
    uint first_row;  // of c, where only a part of the product is computed; for upper_only
    uint has_bias;
    uint upper_only; // leave out tiles below the diagonal
    uint a_stride;   // quads from one row of a to the next
    uint b_stride;   // the same of b
    uint a_first;    // the first quad of a row of a that is read
    uint c_stride;   // floats from one row of c to the next
    uint c_first;    // the first column of c and of the bias
    uint accumulate; // add to c; not a constant, for this kernel takes long to compile
};

// Panels of rows that walk through the columns together, so that the part of b that they share is in the cache.
const uint PANELS = 4;

HANDS(vec4, own_a, 1)

// Which column of the tile a lane computes as its j-th: it has quads of neighbours.
uint column(uint j) {
    return (j / 4 * LANES + gl_LocalInvocationID.x) * 4 + j % 4;
}

void main() {
    uint lane = gl_LocalInvocationID.x;
    uint tile = group_index();
    if (tile >= row_tiles * column_tiles) {
        return;
    }
    uint walk = tile / (PANELS * column_tiles);
    uint in_walk = tile % (PANELS * column_tiles);
    uint panels = min(PANELS, row_tiles - walk * PANELS);
    uint m0 = (walk * PANELS + in_walk % panels) * LANES * ROW_GROUPS;
    uint n0 = in_walk / panels * LANES * COLUMNS;
    if (upper_only != 0 && c_first + n0 + LANES * COLUMNS <= first_row + m0) {
        return;
    }

    // Places in quads. Where a row of b holds columns of c, four neighbours have one place.
    uint b_at[COLUMNS], a_at[ROW_GROUPS];
    [[unroll]] for (uint j = 0; j < COLUMNS; j++) {
        uint own = min(n0 + column(j), n - 1);
        b_at[j] = TRANSPOSE_B ? own * b_stride : own / 4;
    }
    // Where a row of a holds rows of c, a group of lanes loads from one of four such rows: elements for LANES rows of c.
    const uint GROUP = LANES / 4;
    [[unroll]] for (uint r = 0; r < ROW_GROUPS; r++) {
        uint row = m0 + r * LANES;
        a_at[r] = a_first + (TRANSPOSE_A ? min(row / 4 + lane % GROUP, (m - 1) / 4) : min(row + lane, m - 1) * a_stride);
    }
    float sums[ROW_GROUPS * LANES * COLUMNS];
    [[unroll]] for (uint i = 0; i < ROW_GROUPS * LANES * COLUMNS; i++) { sums[i] = 0.0; }

    for (uint k = 0; k < depth; k += 4) {
        vec4 own_b[COLUMNS];
        if (TRANSPOSE_B) {
            [[unroll]] for (uint j = 0; j < COLUMNS; j++) { own_b[j] = QUAD(b, b_at[j] + k / 4); }
        } else {
            [[unroll]] for (uint d = 0; d < 4; d++) {
                uint row = min(k + d, depth - 1) * b_stride;
                [[unroll]] for (uint j = 0; j < COLUMNS; j += 4) {
                    vec4 columns = QUAD(b, b_at[j] + row);
                    [[unroll]] for (uint l = 0; l < 4; l++) { own_b[j + l][d] = columns[l]; }
                }
            }
        }
        [[unroll]] for (uint r = 0; r < ROW_GROUPS; r++) {
            begin_hands();
            if (TRANSPOSE_A) {
                uint row = k + lane / GROUP;
                vec4 rows = QUAD(a, a_at[r] + min(row, depth - 1) * a_stride);
                HAND(own_a, 0) = row < depth ? rows : vec4(0);
            } else {
                HAND(own_a, 0) = QUAD(a, a_at[r] + k / 4);
            }
            end_hands();
            [[unroll]] for (uint i = 0; i < LANES; i++) {
                vec4 x;
                if (TRANSPOSE_A) {
                    [[unroll]] for (uint d = 0; d < 4; d++) { x[d] = HANDED(own_a, 0, d * GROUP + i / 4)[i % 4]; }
                } else {
                    x = HANDED(own_a, 0, i);
                }
                uint at = (r * LANES + i) * COLUMNS;
                [[unroll]] for (uint j = 0; j < COLUMNS; j++) {
                    sums[at + j] = fma(x.w, own_b[j].w, fma(x.z, own_b[j].z, fma(x.y, own_b[j].y, fma(x.x, own_b[j].x, sums[at + j]))));
                }
            }
        }
    }

    [[unroll]] for (uint j = 0; j < COLUMNS; j += 4) {
        uint first = n0 + column(j);
        if (ALIGNED && first < n) {
            vec4 offset = has_bias != 0 ? bias4[(c_first + first) / 4] : vec4(0);
            [[unroll]] for (uint i = 0; i < ROW_GROUPS * LANES; i++) {
                if (m0 + i < m) {
                    uint at = ((m0 + i) * c_stride + c_first + first) / 4;
                    uint own = i * COLUMNS + j;
                    vec4 value = vec4(sums[own], sums[own + 1], sums[own + 2], sums[own + 3]) + offset;
                    c4[at] = accumulate != 0 ? c4[at] + value : value;
                }
            }
        }
        if (!ALIGNED) {
            [[unroll]] for (uint l = 0; l < 4; l++) {
                float offset = has_bias != 0 ? bias[c_first + min(first + l, n - 1)] : 0.0;
                [[unroll]] for (uint i = 0; i < ROW_GROUPS * LANES; i++) {
                    if (m0 + i < m && first + l < n) {
                        uint at = (m0 + i) * c_stride + c_first + first + l;
                        float value = sums[i * COLUMNS + j + l] + offset;
                        c[at] = accumulate != 0 ? c[at] + value : value;
                    }
                }
            }
        }
    }
}
