using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels;

/// <summary>The kernel contract: every op a model, its gradients and its optimizers need, one method an op.</summary>
/// <remarks>
/// There are two implementations: <see cref="Vulkan.VulkanKernels"/>, and <see cref="Reference.ReferenceKernels"/>, which is
/// the judge of the other. Ops write into tensors the caller allocated. They look eager and may be recorded; a read-back
/// waits for what it depends on. Letters in comments: T rows of a packed batch, D columns, d a layer's small side and D its
/// large side in the SparseGrad ops. No output may be an input of the same call unless the op says so.
/// Wrong shapes throw <see cref="ArgumentException"/>.
/// </remarks>
public interface IKernels : IDisposable
{
    /// <summary>The number of partial sums <see cref="SquaredNorm"/> writes, zeros where it has fewer.</summary>
    const int NormPartials = 64;

    /// <summary>What the first element of a <see cref="Part"/> is a multiple of: 256 bytes, which any device binds.</summary>
    const int PartAlignment = 64;

    /// <summary>Live device bytes by category.</summary>
    MemoryUsage CurrentMemory { get; }

    /// <summary>Device bytes by category at the moment when the total was largest.</summary>
    MemoryUsage PeakMemory { get; }

    /// <summary>Forgets the peak seen so far.</summary>
    void ResetPeakMemory();

    /// <summary>Makes a tensor with undefined content.</summary>
    Tensor Allocate(Shape shape, DType type, MemoryCategory category);

    /// <summary>The same for a tensor of which no reference is kept behind its disposal, where the object may serve again: disposing it
    /// twice throws. So a step makes no objects of which a collector must know.</summary>
    internal Tensor Rent(Shape shape, DType type, MemoryCategory category) => Allocate(shape, type, category);

    /// <summary>Some elements of a tensor as a vector that shares its memory, which stays the whole's: disposing the part gives nothing
    /// back, and it cannot be used any more when the whole is disposed.</summary>
    /// <param name="whole">Any tensor.</param>
    /// <param name="first">The place of the first element, a multiple of <see cref="PartAlignment"/>.</param>
    /// <param name="length">At least 1.</param>
    /// <returns>[1, length].</returns>
    Tensor Part(Tensor whole, int first, int length);

    /// <summary>The same for a part of which no reference is kept behind its disposal, which comes before that of a whole that is
    /// rented.</summary>
    internal Tensor RentPart(Tensor whole, int first, int length) => Part(whole, first, length);

    /// <summary>Copies host values into a float tensor.</summary>
    void Upload(ReadOnlySpan<float> source, Tensor destination);

    /// <summary>Copies host values into an integer tensor.</summary>
    void Upload(ReadOnlySpan<uint> source, Tensor destination);

    /// <summary>Waits for the tensor's value and copies it to the host.</summary>
    void Download(Tensor source, Span<float> destination);

    /// <summary>Waits for the tensor's value and copies it to the host.</summary>
    void Download(Tensor source, Span<uint> destination);

    /// <summary>Hands recorded work to the device without waiting for it.</summary>
    void Flush();

    /// <summary>Gives memory that no tensor uses, but is kept for those to come, back to the driver. Submits what is recorded and waits
    /// for the device.</summary>
    void Trim();

    /// <summary>Whether recorded work waits for <see cref="Advance"/> instead of going to the device as it grows. A read-back
    /// submits and waits all the same.</summary>
    bool DefersSubmission { get; set; }

    /// <summary>Submits recorded work piece by piece, each when the one before is done, for about as long as given.</summary>
    /// <returns>Whether everything recorded is done.</returns>
    bool Advance(TimeSpan budget);

    /// <summary>Sets every element of a float tensor.</summary>
    void Fill(Tensor destination, float value);

    /// <summary>destination = source, same shape.</summary>
    void Copy(Tensor source, Tensor destination);

    /// <summary>sum = x + y, same shape. sum may be x or y.</summary>
    void Add(Tensor x, Tensor y, Tensor sum);

    /// <summary>y = factor x, same shape. y may be x.</summary>
    void Scale(Tensor x, float factor, Tensor y);

    /// <summary>16-bit floats as 32-bit ones, exactly.</summary>
    /// <param name="words">n / 2 integers, rounded up, in any shape: two values a word, the first in the low half.</param>
    /// <param name="format">What the values are.</param>
    /// <param name="y">Any float tensor; n is its number of elements.</param>
    void Widen(Tensor words, HalfFormat format, Tensor y);

    /// <summary>32-bit floats rounded to <see cref="HalfFormat.Float16"/>, ties to even; what is too large becomes infinite.</summary>
    /// <param name="x">Any float tensor of n elements.</param>
    /// <param name="words">n / 2 integers, rounded up, in any shape, as for <see cref="Widen"/>. Where n is odd the last word's high
    /// half is zero.</param>
    void Narrow(Tensor x, Tensor words);

    /// <summary>c = op(a) op(b) + bias, or c += op(a) op(b) + bias where <paramref name="accumulate"/>.</summary>
    /// <param name="a">[m, k], or [k, m] where <paramref name="transposeA"/>.</param>
    /// <param name="transposeA">Whether a is used transposed.</param>
    /// <param name="b">[k, n], or [n, k] where <paramref name="transposeB"/>.</param>
    /// <param name="transposeB">Whether b is used transposed; not together with <paramref name="transposeA"/>.</param>
    /// <param name="bias">[1, n], added to every row, or null.</param>
    /// <param name="c">[m, n].</param>
    /// <param name="accumulate">Whether to add to c instead of overwriting it.</param>
    /// <param name="epilogue">What is done with c then.</param>
    void Matmul(
        Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor? bias, Tensor c, bool accumulate = false, Epilogue epilogue = default);

    /// <summary>The same product where b is kept as 16-bit floats. It is computed in 32 bits, as if b had been widened before.</summary>
    /// <param name="a">[m, k], or [k, m] where <paramref name="transposeA"/>.</param>
    /// <param name="transposeA">Whether a is used transposed.</param>
    /// <param name="words">b [k, n / 2], or [n, k / 2] where <paramref name="transposeB"/>, integers: two values a word, as for
    /// <see cref="Widen"/>, so that the length of b's rows is even.</param>
    /// <param name="format">What the values are.</param>
    /// <param name="transposeB">Whether b is used transposed; not together with <paramref name="transposeA"/>.</param>
    /// <param name="bias">[1, n], added to every row, or null.</param>
    /// <param name="c">[m, n].</param>
    /// <param name="accumulate">Whether to add to c instead of overwriting it.</param>
    /// <param name="epilogue">What is done with c then.</param>
    void MatmulHalves(
        Tensor a, bool transposeA, Tensor words, HalfFormat format, bool transposeB, Tensor? bias, Tensor c, bool accumulate = false,
        Epilogue epilogue = default);

    /// <summary>Whether <see cref="MatmulHalves"/> reads the words themselves, and not a copy in 32 bits of all of them.</summary>
    internal bool ReadsHalves => false;

    /// <summary>gram += g gᵀ, or gram += gᵀ g where <paramref name="transpose"/>. Only the upper triangle (column >= row) is
    /// defined afterwards.</summary>
    /// <param name="g">[m, n], the gradient of a layer.</param>
    /// <param name="transpose">Whether the right-hand side (columns) is meant.</param>
    /// <param name="gram">[m, m], or [n, n] where <paramref name="transpose"/>.</param>
    void AccumulateGram(Tensor g, bool transpose, Tensor gram);

    /// <summary>total[c] = Σ_r a[r, c], or Σ_r a[r, c] b[r, c]; added to total where <paramref name="accumulate"/>.</summary>
    /// <param name="a">[T, D].</param>
    /// <param name="b">[T, D] or null.</param>
    /// <param name="total">[1, D].</param>
    /// <param name="accumulate">Whether to add to total instead of overwriting it.</param>
    void ColumnSum(Tensor a, Tensor? b, Tensor total, bool accumulate = false);

    /// <summary>y = x Φ(x), the exact (erf) GELU. Hendrycks and Gimpel, arXiv:1606.08415.</summary>
    void Gelu(Tensor x, Tensor y);

    /// <summary>dx = dy (Φ(x) + x φ(x)). dx may be dy.</summary>
    void GeluBackward(Tensor x, Tensor dy, Tensor dx);

    /// <summary>y = tanh(x).</summary>
    void Tanh(Tensor x, Tensor y);

    /// <summary>dx = dy (1 - y²). dx may be dy.</summary>
    void TanhBackward(Tensor y, Tensor dy, Tensor dx);

    /// <summary>y = silu(gate) up with silu(x) = x σ(x), the gate of SwiGLU. Shazeer, arXiv:2002.05202. All of one shape.</summary>
    void SwiGlu(Tensor gate, Tensor up, Tensor y);

    /// <summary>Gradient of <see cref="SwiGlu"/>: dGate = dy up σ(gate) (1 + gate (1 - σ(gate))), dUp = dy silu(gate). Each may
    /// be one of the inputs.</summary>
    void SwiGluBackward(Tensor gate, Tensor up, Tensor dy, Tensor dGate, Tensor dUp);

    /// <summary>y = x masked and scaled; the same op is its own gradient. y may be x. Without dropout it copies.</summary>
    void ApplyDropout(Tensor x, Dropout dropout, Tensor y);

    /// <summary>LayerNorm of residual + dropout(x), row by row. Ba et al., arXiv:1607.06450.</summary>
    /// <param name="x">[T, D].</param>
    /// <param name="residual">[T, D] or null.</param>
    /// <param name="gain">[1, D], called weight or gamma in checkpoints.</param>
    /// <param name="bias">[1, D], called bias or beta in checkpoints.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="dropout">Applied to x, not to the residual.</param>
    /// <param name="y">[T, D]: normalized * gain + bias.</param>
    /// <param name="normalized">[T, D]: (z - mean) / deviation, kept for the gradient. May be x.</param>
    /// <param name="inverseDeviation">[1, T]: 1 / sqrt(variance + epsilon), kept for the gradient.</param>
    void LayerNorm(
        Tensor x, Tensor? residual, Tensor gain, Tensor bias, float epsilon, Dropout dropout,
        Tensor y, Tensor normalized, Tensor inverseDeviation);

    /// <summary>Gradient of <see cref="LayerNorm"/> to its two inputs.</summary>
    /// <param name="dy">[T, D].</param>
    /// <param name="normalized">As the forward op left it.</param>
    /// <param name="inverseDeviation">As the forward op left it.</param>
    /// <param name="gain">[1, D].</param>
    /// <param name="dropout">As in the forward op.</param>
    /// <param name="dResidual">[T, D]: the gradient to the residual. May be dy.</param>
    /// <param name="dx">[T, D]: the gradient to x, or null where it is the same (no dropout).</param>
    void LayerNormBackward(
        Tensor dy, Tensor normalized, Tensor inverseDeviation, Tensor gain, Dropout dropout, Tensor dResidual, Tensor? dx);

    /// <summary>y = x gain + bias, column by column: the output of <see cref="LayerNorm"/> from its normalized rows.</summary>
    /// <param name="x">[T, D].</param>
    /// <param name="gain">[1, D].</param>
    /// <param name="bias">[1, D].</param>
    /// <param name="y">[T, D]. May be x.</param>
    void Affine(Tensor x, Tensor gain, Tensor bias, Tensor y);

    /// <summary>RMSNorm: y = x / sqrt(mean(x²) + epsilon) * gain, row by row. Zhang and Sennrich, arXiv:1910.07467.</summary>
    /// <param name="x">[T, D].</param>
    /// <param name="gain">[1, D], called weight in checkpoints.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="y">[T, D].</param>
    /// <param name="inverseRoot">[1, T]: 1 / sqrt(mean(x²) + epsilon), kept for the gradient.</param>
    void RmsNorm(Tensor x, Tensor gain, float epsilon, Tensor y, Tensor inverseRoot);

    /// <summary>Gradient of <see cref="RmsNorm"/> to x, and what the one to the gain is made of: dGain = Σ over rows of
    /// dy normalized.</summary>
    /// <param name="dy">[T, D].</param>
    /// <param name="x">As the forward op read it.</param>
    /// <param name="inverseRoot">As the forward op left it.</param>
    /// <param name="gain">[1, D].</param>
    /// <param name="dx">[T, D].</param>
    /// <param name="accumulate">Whether to add to dx instead of overwriting it.</param>
    /// <param name="normalized">[T, D]: x inverseRoot, or null where it is not wanted.</param>
    void RmsNormBackward(
        Tensor dy, Tensor x, Tensor inverseRoot, Tensor gain, Tensor dx, bool accumulate = false, Tensor? normalized = null);

    /// <summary>Rotary position embedding: in each head of width w the pair of columns (i, i + w/2) is turned by an angle of the
    /// row's position, a + ib to (a + ib) exp(± i angle). Su et al., arXiv:2104.09864, with the pairs of Hugging Face's
    /// rotate_half.</summary>
    /// <param name="x">[T, D], heads side by side.</param>
    /// <param name="table">[P, w], w even and a divisor of D: for each position the cosines of the w/2 angles, then the sines.</param>
    /// <param name="positions">[1, T], each below P; the caller checks them.</param>
    /// <param name="inverse">Whether to turn back, which is the gradient.</param>
    /// <param name="y">[T, D]. May be x.</param>
    void Rotate(Tensor x, Tensor table, Tensor positions, bool inverse, Tensor y);

    /// <summary>y[t] = table[ids[t]], or y[t] += table[ids[t]] where <paramref name="accumulate"/>.</summary>
    /// <param name="table">[V, D].</param>
    /// <param name="ids">[1, T], each below V; the caller checks them.</param>
    /// <param name="y">[T, D].</param>
    /// <param name="accumulate">Whether to add to y instead of overwriting it.</param>
    void GatherRows(Tensor table, Tensor ids, Tensor y, bool accumulate = false);

    /// <summary>The same from a table of 16-bit floats.</summary>
    /// <param name="words">[V, D / 2], integers: two values a word, as for <see cref="Widen"/>.</param>
    /// <param name="format">What the values are.</param>
    /// <param name="ids">[1, T], each below V; the caller checks them.</param>
    /// <param name="y">[T, D].</param>
    /// <param name="accumulate">Whether to add to y instead of overwriting it.</param>
    void GatherHalves(Tensor words, HalfFormat format, Tensor ids, Tensor y, bool accumulate = false);

    /// <summary>The gradient of <see cref="GatherRows"/>: dTable[id] += Σ dy[t] over the places t of id, each id by one owner.</summary>
    /// <param name="dy">[T, D].</param>
    /// <param name="segments">The ids, sorted and grouped.</param>
    /// <param name="dTable">[V, D]; rows that are not touched keep their value.</param>
    void ScatterAddRows(Tensor dy, RowSegments segments, Tensor dTable);

    /// <summary>Prepares attention over a packed batch.</summary>
    /// <param name="queryOffsets">First query row of each sequence, and the total.</param>
    /// <param name="keyOffsets">First key row of each sequence, and the total.</param>
    /// <param name="causal">Whether a query sees only keys up to its own place, the last query of a sequence standing at its
    /// last key. Otherwise every query sees all keys of its sequence.</param>
    AttentionPlan PlanAttention(ReadOnlySpan<int> queryOffsets, ReadOnlySpan<int> keyOffsets, bool causal = false);

    /// <summary>Multi-head attention: softmax(q kᵀ / sqrt(D / heads)) v per head and sequence. Vaswani et al.,
    /// arXiv:1706.03762; computed without storing the probabilities (Dao et al., arXiv:2205.14135). With fewer heads of keys and
    /// values than of queries, neighbouring query heads share one (Ainslie et al., arXiv:2305.13245).</summary>
    /// <param name="q">[Tq, D], heads side by side.</param>
    /// <param name="k">[Tk, D / heads * keyValueHeads]; rows behind those of the plan are not read.</param>
    /// <param name="v">Like k.</param>
    /// <param name="plan">The sequences, and which keys a query sees.</param>
    /// <param name="heads">Divides D.</param>
    /// <param name="keyValueHeads">Divides heads. Query head h uses key and value head h / (heads / keyValueHeads).</param>
    /// <param name="dropout">On the probabilities.</param>
    /// <param name="y">[Tq, D]. A query that sees no keys gives zeros.</param>
    /// <param name="logSumExp">[Tq, heads]: log Σ exp of the scaled scores, kept for the gradient. Undefined for a query
    /// that sees no keys.</param>
    void Attention(
        Tensor q, Tensor k, Tensor v, AttentionPlan plan, int heads, int keyValueHeads, Dropout dropout, Tensor y, Tensor logSumExp);

    /// <summary>Gradient of <see cref="Attention"/>.</summary>
    void AttentionBackward(
        Tensor q, Tensor k, Tensor v, AttentionPlan plan, int heads, int keyValueHeads, Dropout dropout, Tensor y, Tensor logSumExp,
        Tensor dy, Tensor dq, Tensor dk, Tensor dv);

    /// <summary>Softmax cross-entropy summed over the rows and divided by n, and its gradient. With n = B it is the mean; with
    /// more, the share of these rows in the mean over n rows, of which they are a part.</summary>
    /// <param name="logits">[B, C].</param>
    /// <param name="labels">[1, B], each below C; the caller checks them.</param>
    /// <param name="n">At least 1.</param>
    /// <param name="loss">[1, 1].</param>
    /// <param name="dLogits">[B, C]: (softmax - one-hot) / n.</param>
    void CrossEntropy(Tensor logits, Tensor labels, int n, Tensor loss, Tensor dLogits);

    /// <summary>Squared error summed over all elements and divided by n C, and its gradient; n as in
    /// <see cref="CrossEntropy"/>.</summary>
    /// <param name="predictions">[B, C].</param>
    /// <param name="targets">[B, C].</param>
    /// <param name="n">At least 1.</param>
    /// <param name="loss">[1, 1].</param>
    /// <param name="dPredictions">[B, C]: 2 (prediction - target) / (n C).</param>
    void MeanSquaredError(Tensor predictions, Tensor targets, int n, Tensor loss, Tensor dPredictions);

    /// <summary>Writes <see cref="NormPartials"/> partial sums of squares of x, in fixed order.</summary>
    /// <param name="x">Any float tensor.</param>
    /// <param name="partials">[1, slots * <see cref="NormPartials"/>].</param>
    /// <param name="slot">Which group of partial sums to write.</param>
    void SquaredNorm(Tensor x, Tensor partials, int slot);

    /// <summary>Adds up partial sums of squares and derives the factor that clips the gradient.</summary>
    /// <param name="partials">[1, slots * <see cref="NormPartials"/>].</param>
    /// <param name="loss">[1, 1]: the step's loss; a loss that is not finite stops the update as a gradient does.</param>
    /// <param name="maxNorm">The largest norm let through; 0 or below for no clipping.</param>
    /// <param name="clip">[1, 2]: the factor min(1, maxNorm / (norm + 1e-6)) of PyTorch's clip_grad_norm_, or NaN where the norm
    /// or the loss is not finite, which makes the optimizers leave everything as it is; and the norm before clipping.</param>
    void ClipFactor(Tensor partials, Tensor loss, float maxNorm, Tensor clip);

    /// <summary>AdamW. Loshchilov and Hutter, arXiv:1711.05101, in PyTorch's order of operations.</summary>
    /// <param name="parameter">Updated.</param>
    /// <param name="gradient">Same shape.</param>
    /// <param name="moment1">Same shape, updated.</param>
    /// <param name="moment2">Same shape, updated.</param>
    /// <param name="clip">From <see cref="ClipFactor"/>; the gradient is multiplied by its first element.</param>
    /// <param name="adam">The scalars.</param>
    void AdamW(Tensor parameter, Tensor gradient, Tensor moment1, Tensor moment2, Tensor clip, in AdamParameters adam);

    /// <summary>Of each matrix the k elements of largest magnitude, exactly k, ordered by place; of equal magnitudes the first places
    /// win.</summary>
    /// <param name="choices">Done in any order or at once, so that no tensor may be written for two of them, or written for one and read for
    /// another.</param>
    void TopK(ReadOnlySpan<TopKChoice> choices);

    /// <summary>PyTorch's SparseAdam on the kept coefficients: only their moments move.</summary>
    /// <param name="indices">[1, k], distinct places in the moments.</param>
    /// <param name="values">[1, k]: the gradient there.</param>
    /// <param name="moment1">[d, D], updated at the places.</param>
    /// <param name="moment2">[d, D], updated at the places.</param>
    /// <param name="clip">From <see cref="ClipFactor"/>.</param>
    /// <param name="adam">The scalars; weight decay is not used.</param>
    /// <param name="delta">[1, k]: the step to add to the coefficients; 0 where the clip factor is NaN.</param>
    void SparseAdam(
        Tensor indices, Tensor values, Tensor moment1, Tensor moment2, Tensor clip, in AdamParameters adam, Tensor delta);

    /// <summary>Adds a sparse step in the rotated basis to a half-rotated weight:
    /// weight[s] += Σ delta · basis[l] over the kept places (s, l).</summary>
    /// <param name="indices">[1, k]: s * R + l, rising.</param>
    /// <param name="delta">[1, k].</param>
    /// <param name="basis">[R, D]: vectors of the large side, all or some.</param>
    /// <param name="starts">[1, d + 1], integers, overwritten: where each row's places start. The caller's, so that an update
    /// under way asks for no memory.</param>
    /// <param name="weight">[d, D].</param>
    void SparseScatter(Tensor indices, Tensor delta, Tensor basis, Tensor starts, Tensor weight);

    /// <summary>Coefficients at given places: values[i] = k[s] · basis[l] for the place (s, l) of indices[i].</summary>
    /// <param name="indices">[1, k]: s * R + l.</param>
    /// <param name="halfRotated">[d, D]: the half-rotated gradient.</param>
    /// <param name="basis">[R, D]: vectors of the large side, all or some.</param>
    /// <param name="values">[1, k].</param>
    void SparseDots(Tensor indices, Tensor halfRotated, Tensor basis, Tensor values);

    /// <summary>Columns by name: y[r, j] = x[r, i] where have[i] = wanted[j], and 0 where no column is called so.</summary>
    /// <param name="x">[d, n].</param>
    /// <param name="have">[1, n]: the columns' names, rising; null where a column is called after its place.</param>
    /// <param name="wanted">[1, m].</param>
    /// <param name="y">[d, m].</param>
    void SelectColumns(Tensor x, Tensor? have, Tensor wanted, Tensor y);

    /// <summary>Sets the bit s D + coordinates[l] for each place (s, l) of indices at which delta is not 0, as it is throughout
    /// where an update was refused. The bits number the entries of a [d, D] matrix.</summary>
    /// <param name="indices">[1, k]: s * R + l.</param>
    /// <param name="delta">[1, k].</param>
    /// <param name="coordinates">[1, R], each below D; null where they are 0 to D - 1.</param>
    /// <param name="columns">D.</param>
    /// <param name="marks">Integers [1, d D / 32, rounded up]; bit b of word w is entry 32 w + b.</param>
    void MarkEntries(Tensor indices, Tensor delta, Tensor? coordinates, int columns, Tensor marks);

    /// <summary>y[indices[i]] += delta[i], places counted row by row.</summary>
    /// <param name="indices">[1, k], distinct places in y.</param>
    /// <param name="delta">[1, k].</param>
    /// <param name="y">Any float tensor.</param>
    void AddEntries(Tensor indices, Tensor delta, Tensor y);
}
