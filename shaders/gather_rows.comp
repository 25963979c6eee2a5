#version 450
// y[t] = table[ids[t]], for the ids that lie in the window of table rows which is bound. One workgroup a row.
#include "common.glsl"
#include "quads.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool ACCUMULATE = false;
layout(constant_id = 1) const bool ALIGNED = true; // columns are a multiple of four
layout(constant_id = 2) const uint AHEAD = 4; // quads that are read before they are written, so that a GPU need not wait for each
INPUT(0, table)
layout(set = 0, binding = 1, std430) readonly buffer Ids { uint ids[]; };
OUTPUT(2, y)
layout(push_constant) uniform Constants {
    uint rows;
    uint columns;
    uint first_row; // of the window
    uint window_rows;
};

void main() {
    uint row = group_index();
    if (row >= rows) {
        return;
    }
    uint id = ids[row];
    if (id < first_row || id >= first_row + window_rows) {
        return;
    }
    uint from = id - first_row;
    if (ALIGNED) {
        uint quads = columns / 4;
        for (uint first = gl_LocalInvocationID.x; first < quads; first += AHEAD * 64) {
            vec4 values[AHEAD];
            [[unroll]] for (uint i = 0; i < AHEAD; i++) { values[i] = QUAD(table, from * quads + min(first + i * 64, quads - 1)); }
            [[unroll]] for (uint i = 0; i < AHEAD; i++) {
                uint at = row * quads + first + i * 64;
                if (first + i * 64 < quads) { y4[at] = ACCUMULATE ? y4[at] + values[i] : values[i]; }
            }
        }
        return;
    }
    for (uint c = gl_LocalInvocationID.x; c < columns; c += 64) {
        float value = ELEMENT(table, from * columns + c);
        uint at = row * columns + c;
        y[at] = ACCUMULATE ? y[at] + value : value;
    }
}
