using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.Models.Llama;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Generation;

/// <summary>Runs a language model over one growing text: each token is computed once, and its keys and values are kept.</summary>
public sealed class LlamaGenerator : IDisposable
{
    private readonly LlamaLanguageModel model;
    private readonly IKernels kernels;
    private readonly Tensor[] keys;
    private readonly Tensor[] values;
    private bool isBroken;

    /// <summary>Makes room for a text.</summary>
    /// <param name="model">Stays the caller's, and must not be trained meanwhile.</param>
    /// <param name="capacity">Most tokens of the text, prompt included.</param>
    /// <exception cref="ArgumentOutOfRangeException">The model takes fewer tokens, or the capacity is below 1.</exception>
    public LlamaGenerator(LlamaLanguageModel model, int capacity)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, model.Config.MaxPositions);
        this.model = model;
        kernels = model.Kernels;
        Capacity = capacity;
        var shape = new Shape(capacity, model.Config.KeyValueHeads * model.Config.HeadWidth);
        using var scope = DisposeScope.Open();
        keys = Cache();
        values = Cache();
        scope.Keep();

        // Rows are added to the caches, so these begin with zeros.
        Tensor[] Cache() =>
            [.. Enumerable.Range(0, model.Config.Layers).Select(_ => scope.Add(kernels.Zeros(shape, MemoryCategory.Activations)))];
    }

    /// <summary>Most tokens of the text.</summary>
    public int Capacity { get; }

    /// <summary>Tokens so far.</summary>
    public int Length { get; private set; }

    /// <summary>Appends tokens to the text. Waits for the device.</summary>
    /// <param name="ids">At least one.</param>
    /// <returns>The logits of the token that follows.</returns>
    /// <exception cref="ArgumentException">An id is not in the vocabulary, there is none, or no room for them.</exception>
    /// <exception cref="InvalidOperationException">An earlier call failed half-way.</exception>
    public float[] Append(ReadOnlySpan<int> ids)
    {
        if (isBroken)
        {
            throw new InvalidOperationException("An earlier call failed half-way and left part of its keys. Make a new generator.");
        }

        LlamaConfig config = model.Config;
        LlamaBatch.CheckIds(config, ids, Capacity - Length);
        int first = Length;
        int end = first + ids.Length;
        using var scope = DisposeScope.Open();
        TokenIds words = Upload(Array.ConvertAll(ids.ToArray(), id => (uint)id));
        TokenIds positions = Upload([.. Enumerable.Range(first, ids.Length).Select(position => (uint)position)]);
        TokenIds lastRow = Upload([(uint)ids.Length - 1]);
        AttentionPlan plan = scope.Add(kernels.PlanAttention([0, ids.Length], [0, end], causal: true));
        using Tape tape = Tape.ForEvaluation(kernels);
        isBroken = true;
        Variable hidden = model.Trunk.Forward(tape, words, lastRow, (plan, positions, end), (tape, op, block, query, key, value) =>
        {
            (AttentionPlan plan, TokenIds positions, int end) = op;
            (query, key) = model.Trunk.Rotate(tape, query, key, positions, end);
            kernels.ScatterAddRows(key.Value, positions.Segments, keys[block]);
            kernels.ScatterAddRows(value.Value, positions.Segments, values[block]);
            tape.Release(key);
            tape.Release(value);
            Variable attended = tape.Attention(
                query, new Variable(keys[block], false), new Variable(values[block], false), plan, config.Heads,
                config.KeyValueHeads, Dropout.None);
            tape.Release(query);
            return attended;
        });
        float[] logits = kernels.ToArray(model.Logits(tape, hidden).Value);
        (Length, isBroken) = (end, false);
        return logits;

        TokenIds Upload(uint[] values) => scope.Add(new TokenIds(kernels, values));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in keys.Concat(values))
        {
            tensor.Dispose();
        }
    }
}
