#version 450
// y[t] = table[ids[t]], for the ids that lie in the window of table rows which is bound. One workgroup a row.
#include "common.glsl"
#include "quads.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool ACCUMULATE = false;
layout(constant_id = 1) const bool ALIGNED = true; // columns are a multiple of four
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
        for (uint quad = gl_LocalInvocationID.x; quad < quads; quad += 64) {
            vec4 value = QUAD(table, from * quads + quad);
            uint at = row * quads + quad;
            y4[at] = ACCUMULATE ? y4[at] + value : value;
        }
        return;
    }
    for (uint c = gl_LocalInvocationID.x; c < columns; c += 64) {
        float value = ELEMENT(table, from * columns + c);
        uint at = row * columns + c;
        y[at] = ACCUMULATE ? y[at] + value : value;
    }
}
