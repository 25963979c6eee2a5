// What the attention kernels share. A block is some rows of one sequence and one head, in the kernels over queries those of
// queries, in the one over keys those of keys; a subgroup works on a block and walks the other side in tiles with one row a lane.
#include "common.glsl"
#include "quads.glsl"
#include "philox.glsl"

layout(local_size_x_id = 0) in;
#include "subgroups.glsl"
layout(constant_id = 1) const uint LANES = 8;        // the width of a subgroup
layout(constant_id = 2) const bool ALIGNED = true;   // a head's width is a multiple of four
layout(constant_id = 3) const bool HAS_DROPOUT = false;

// x: first query row, y: query rows, z: first key row, w: key rows. In the kernel over keys a block has some of the keys of its
// sequence and the queries that see the first of them; in the kernels over queries some of the queries, and the keys that the
// last of them sees.
layout(set = 0, binding = 0, std430) readonly buffer Blocks { uvec4 blocks[]; };

layout(push_constant) uniform Constants {
    uint block_count;
    uint columns;      // of q: heads * width
    uint key_columns;  // of k and v
    uint heads;        // of q
    uint group;        // query heads to a head of keys and values
    uint width;        // of a head
    float scale;       // 1 / sqrt(width)
    uint first_block;  // of this dispatch
    uint first_member; // in the kernel over keys, the query heads of each group that this dispatch is about
    uint members;
    Dropout dropout;
    uint causal;       // 1: a query sees no keys behind its own place; else 0
};

#define LOADER(name, columns) \
    vec4 load_##name(uint row, uint head, uint quad) { \
        uint at = row * columns + head * width + quad * 4; \
        if (ALIGNED) { return QUAD(name, at / 4); } \
        vec4 value = vec4(0); \
        [[unroll]] for (uint i = 0; i < 4; i++) { if (quad * 4 + i < width) { value[i] = ELEMENT(name, at + i); } } \
        return value; \
    }

// Of an output, what an earlier dispatch has written.
#define RELOADER(name, columns) \
    vec4 load_##name(uint row, uint head, uint quad) { \
        uint at = row * columns + head * width + quad * 4; \
        if (ALIGNED) { return name##4[at / 4]; } \
        vec4 value = vec4(0); \
        [[unroll]] for (uint i = 0; i < 4; i++) { if (quad * 4 + i < width) { value[i] = name[at + i]; } } \
        return value; \
    }

#define STORER(name, columns) \
    void store_##name(uint row, uint head, uint quad, vec4 value) { \
        uint at = row * columns + head * width + quad * 4; \
        if (ALIGNED) { name##4[at / 4] = value; return; } \
        [[unroll]] for (uint i = 0; i < 4; i++) { if (quad * 4 + i < width) { name[at + i] = value[i]; } } \
    }

// The head of keys and values that a query head uses.
uint key_head_of(uint head) {
    return head / group;
}

// In the kernels over queries: whether query r of a block sees a key, by its place. The block's last query sees block.w keys,
// each before it one less where attention is causal.
bool sees(uvec4 block, uint r, uint key) {
    return key + causal * block.y < block.w + causal * (r + 1);
}

// Which probabilities of four neighbouring keys are dropped, as bits. Row: query row and head.
uint dropped_keys(uint query_row, uint head, uint key_quad) {
    bvec4 keys = dropped(dropout, key_quad, query_row * heads + head);
    return uint(keys.x) | uint(keys.y) << 1 | uint(keys.z) << 2 | uint(keys.w) << 3;
}

float factor_of(uint dropped_bits, uint r) {
    return (dropped_bits >> r & 1) != 0 ? 0.0 : dropout.scale;
}
