// What the three attention kernels share. One subgroup works on a block of rows of one sequence and one head, and walks the
// other side in tiles with one row a lane. A row of the block is held by one lane and handed to the others by shuffle.
#include "common.glsl"
#include "quads.glsl"
#include "philox.glsl"

layout(local_size_x_id = 0) in;
#include "subgroups.glsl"
layout(constant_id = 1) const uint LANES = 8;        // the width of a subgroup
layout(constant_id = 2) const uint BLOCK = 8;        // rows of a block, at most LANES
layout(constant_id = 3) const uint LANE_QUADS = 1;   // quads of a head / LANES, rounded up: quads of the result a lane owns
layout(constant_id = 4) const bool ALIGNED = true;   // a head's width is a multiple of four
layout(constant_id = 5) const bool HAS_DROPOUT = false;
layout(constant_id = 6) const bool SOFTWARE = true;  // a driver that goes through the lanes of a subgroup one by one

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

HANDS(uint, drawn, 1)

// In the kernels over queries: which of a block's queries drop their probability of this lane's key, as bits. One draw is for four
// neighbouring keys, so four lanes draw for a quarter of the queries each and hand round what the others need.
uint dropped_by_queries(uvec4 block, uint head, uint tile) {
    uint lane = gl_LocalInvocationID.x, key = tile + lane, bits = 0;
    if (LANES % 4 != 0 || BLOCK % 4 != 0) {
        [[unroll]] for (uint r = 0; r < BLOCK; r++) { bits |= (dropped_keys(block.x + r, head, key / 4) >> key % 4 & 1) << r; }
        return bits;
    }
    begin_hands();
    HAND(drawn, 0) = 0;
    [[unroll]] for (uint r = 0; r < BLOCK; r += 4) { HAND(drawn, 0) |= dropped_keys(block.x + r + lane % 4, head, key / 4) << r; }
    end_hands();
    [[unroll]] for (uint i = 0; i < 4; i++) {
        uint of_queries = HANDED(drawn, 0, lane / 4 * 4 + i) >> lane % 4;
        [[unroll]] for (uint r = 0; r < BLOCK; r += 4) { bits |= (of_queries >> r & 1) << r + i; }
    }
    return bits;
}

// In the kernel over keys: which of a block's keys this lane's query drops, as bits. A block's first place is a multiple of its rows.
uint dropped_of_keys(uint query_row, uint head, uint first_place) {
    uint bits = 0;
    if (BLOCK % 4 != 0) {
        [[unroll]] for (uint r = 0; r < BLOCK; r++) {
            bits |= (dropped_keys(query_row, head, (first_place + r) / 4) >> (first_place + r) % 4 & 1) << r;
        }
        return bits;
    }
    [[unroll]] for (uint r = 0; r < BLOCK; r += 4) { bits |= dropped_keys(query_row, head, (first_place + r) / 4) << r; }
    return bits;
}
