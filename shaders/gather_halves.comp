#version 450
// y[t] = table[ids[t]] of 16-bit floats, as 32-bit ones, for the ids that lie in the window of table rows which is bound. One
// workgroup a row.
#include "common.glsl"
#include "quads.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool ACCUMULATE = false;
layout(constant_id = 1) const bool ALIGNED = true; // the words of a row are a multiple of four
layout(constant_id = 2) const bool BFLOAT16 = true;
layout(constant_id = 3) const uint AHEAD = 4; // quads of words that are read before they are written, so that a GPU need not wait for each
#include "halves.glsl"
INPUT(0, table) // the words' bits as floats, to be read in quads; nothing is computed with them as such
layout(set = 0, binding = 1, std430) readonly buffer Ids { uint ids[]; };
layout(set = 0, binding = 2, std430) buffer Pairs { uvec2 y2[]; };
layout(set = 0, binding = 2, std430) buffer Quads { uvec4 y4[]; };
layout(push_constant) uniform Constants {
    uint rows;
    uint words; // of a row
    uint first_row; // of the window
    uint window_rows;
};

void put(uint at, uvec4 value) {
    y4[at] = ACCUMULATE ? floatBitsToUint(uintBitsToFloat(y4[at]) + uintBitsToFloat(value)) : value;
}

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
        uint quads = words / 4;
        for (uint first = gl_LocalInvocationID.x; first < quads; first += AHEAD * 64) {
            vec4 values[AHEAD];
            [[unroll]] for (uint i = 0; i < AHEAD; i++) { values[i] = QUAD(table, from * quads + min(first + i * 64, quads - 1)); }
            [[unroll]] for (uint i = 0; i < AHEAD; i++) {
                uint at = row * quads + first + i * 64;
                if (first + i * 64 < quads) {
                    put(2 * at, uvec4(widened_pair(values[i].x), widened_pair(values[i].y)));
                    put(2 * at + 1, uvec4(widened_pair(values[i].z), widened_pair(values[i].w)));
                }
            }
        }
        return;
    }
    for (uint c = gl_LocalInvocationID.x; c < words; c += 64) {
        uvec2 value = widened_pair(ELEMENT(table, from * words + c));
        uint at = row * words + c;
        y2[at] = ACCUMULATE ? floatBitsToUint(uintBitsToFloat(y2[at]) + uintBitsToFloat(value)) : value;
    }
}
