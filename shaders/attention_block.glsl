// What the attention kernels for GPUs share: a row of the block is held by one lane and handed to the others by shuffle; a lane
// has one row of the other side's tile, and of the block's results some quads of every row.
layout(constant_id = 4) const uint BLOCK = 8;        // rows of a block, at most LANES
layout(constant_id = 5) const uint LANE_QUADS = 1;   // quads of a head / LANES, rounded up: quads of the result a lane owns

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
