using VkSparseGrad.Autograd;
using VkSparseGrad.Kernels;
using VkSparseGrad.Layers;
using VkSparseGrad.SparseGrad;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Models;

/// <summary>BERT with a sequence classification head. Devlin et al., arXiv:1810.04805.</summary>
/// <remarks>Sequences are packed without padding, and in the last block only the first token of each sequence is computed after
/// attention, since the head sees no other.</remarks>
public sealed class BertClassifier : IDisposable
{
    private readonly IReadOnlyList<Parameter> parameters;
    private readonly Parameter words;
    private readonly Parameter positions;
    private readonly Parameter tokenTypes;
    private readonly Parameter embeddingGain;
    private readonly Parameter embeddingBias;
    private readonly BertBlock[] blocks;
    private readonly Linear pooler;
    private readonly Linear classifier;
    private readonly HashSet<Parameter> replaced = [];
    private readonly List<SparseGradBasis> bases = [];

    /// <summary>Loads a model.</summary>
    /// <param name="kernels">Where it shall live. Stays the caller's.</param>
    /// <param name="config">Its dimensions.</param>
    /// <param name="weights">Its weights under canonical names. Pooler and classifier are made anew where they are absent.</param>
    /// <param name="seed">For what is made anew.</param>
    /// <exception cref="ArgumentException">A weight of the trunk is absent, or a shape differs.</exception>
    public BertClassifier(IKernels kernels, BertConfig config, IWeightSource weights, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(weights);
        Kernels = kernels;
        Config = config;
        var loaded = new ParameterSet(kernels, weights, seed);
        parameters = loaded.All;
        try
        {
            int hidden = config.HiddenSize;
            words = loaded.Matrix("bert.embeddings.word_embeddings.weight", config.VocabularySize, hidden);
            positions = loaded.Matrix("bert.embeddings.position_embeddings.weight", config.MaxPositions, hidden);
            tokenTypes = loaded.Matrix("bert.embeddings.token_type_embeddings.weight", config.TokenTypes, hidden);
            embeddingGain = loaded.Vector("bert.embeddings.LayerNorm.weight", hidden);
            embeddingBias = loaded.Vector("bert.embeddings.LayerNorm.bias", hidden);
            blocks = [.. Enumerable.Range(0, config.Layers).Select(index => new BertBlock(config, loaded, index))];
            pooler = loaded.Linear("bert.pooler.dense", hidden, hidden, mayBeNew: true);
            classifier = loaded.Linear("classifier", config.Labels, hidden, mayBeNew: true);
        }
        catch
        {
            foreach (Parameter parameter in parameters)
            {
                parameter.Dispose();
            }

            throw;
        }
    }

    /// <summary>Where the model lives.</summary>
    public IKernels Kernels { get; }

    /// <summary>Its dimensions.</summary>
    public BertConfig Config { get; }

    /// <summary>All parameters as they were loaded. MLP weights that SparseGrad has rotated are not among them.</summary>
    public IEnumerable<Parameter> Parameters => parameters.Where(parameter => !replaced.Contains(parameter));

    /// <summary>The MLP layers whose weights SparseGrad trains; none before <see cref="SparseGradPreparation"/> is done.</summary>
    public IEnumerable<SparseGradLinear> SparseGradLayers =>
        blocks.SelectMany(block => (ILinear[])[block.Up, block.Down]).OfType<SparseGradLinear>();

    /// <summary>The MLP layers with dense weights, by kind: all <c>intermediate.dense</c>, and all <c>output.dense</c>.</summary>
    public IReadOnlyList<IReadOnlyList<Linear>> DenseMlpLayers =>
    [
        [.. blocks.Select(block => block.Up).OfType<Linear>()],
        [.. blocks.Select(block => block.Down).OfType<Linear>()],
    ];

    /// <summary>The head's layers: pooler and classifier.</summary>
    public IReadOnlyList<Linear> Head => [pooler, classifier];

    /// <summary>Computes the last hidden states of every token.</summary>
    /// <returns>[T, hidden], on the tape.</returns>
    public Variable HiddenStates(Tape tape, PackedBatch batch)
    {
        Variable hidden = Embed(tape, batch);
        foreach (BertBlock block in blocks)
        {
            hidden = block.Forward(tape, hidden, batch, firstTokensOnly: false);
        }

        return hidden;
    }

    /// <summary>Computes the logits of each sequence.</summary>
    /// <returns>[B, labels], on the tape.</returns>
    public Variable Logits(Tape tape, PackedBatch batch)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(batch);
        Variable hidden = Embed(tape, batch);
        foreach (BertBlock block in blocks)
        {
            hidden = block.Forward(tape, hidden, batch, firstTokensOnly: block.Index == blocks.Length - 1);
        }

        Variable pooled = pooler.Forward(tape, hidden);
        tape.Release(hidden);
        Variable activated = tape.Tanh(pooled);
        tape.Release(pooled);
        Variable dropped = tape.ApplyDropout(activated, tape.Dropout(Config.ClassifierDropout, DropoutStreams.Classifier));
        Variable logits = classifier.Forward(tape, dropped);
        tape.Release(dropped);
        return logits;
    }

    /// <summary>Reads a weight as it is now, dense, whatever way it is kept. Waits for the device.</summary>
    /// <param name="name">The canonical name.</param>
    /// <param name="destination">As long as the weight.</param>
    /// <exception cref="KeyNotFoundException">The model has no such weight.</exception>
    public void ReadWeight(string name, Span<float> destination)
    {
        if (SparseGradLayers.FirstOrDefault(layer => layer.Weight.Name == name) is SparseGradLinear layer)
        {
            using Tensor dense = layer.Weight.ToDense(Kernels);
            Kernels.Download(dense, destination);
        }
        else if (Parameters.FirstOrDefault(parameter => parameter.Name == name) is Parameter parameter)
        {
            Kernels.Download(parameter.Value, destination);
        }
        else
        {
            throw new KeyNotFoundException($"The model has no weight {name}.");
        }
    }

    /// <summary>Puts half-rotated layers in the place of the dense MLP layers of one kind. The dense weights are freed.</summary>
    /// <param name="kind">0 for <c>intermediate.dense</c>, 1 for <c>output.dense</c>, as in <see cref="DenseMlpLayers"/>.</param>
    /// <param name="basis">Of this kind; the model's from here on.</param>
    /// <param name="fraction">Share of each weight's coefficients that a step updates, above 0 to 1.</param>
    internal void RotateMlpLayers(int kind, SparseGradBasis basis, double fraction)
    {
        bases.Add(basis);
        foreach (BertBlock block in blocks)
        {
            if ((kind == 0 ? block.Up : block.Down) is Linear dense)
            {
                int kept = Math.Max(1, (int)Math.Floor(fraction * dense.Weight.Value.Length));
                var layer = new SparseGradLinear(
                    new HalfRotatedWeight(Kernels, dense.Weight.Name, dense.Weight.Value, basis, kept), dense.Bias);
                replaced.Add(dense.Weight);
                dense.Weight.Dispose();
                if (kind == 0)
                {
                    block.Up = layer;
                }
                else
                {
                    block.Down = layer;
                }
            }
        }
    }

    /// <summary>For whoever starts training: the moments of a rotated weight belong to the run that rotated it.</summary>
    internal void ThrowIfRotated()
    {
        if (bases.Count > 0)
        {
            throw new InvalidOperationException("An earlier run rotated this model's MLP layers. Save the model and load it anew.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Parameter parameter in (ReadOnlySpan<Parameter>)[words, positions, tokenTypes, embeddingGain, embeddingBias])
        {
            parameter.Dispose();
        }

        foreach (BertBlock block in blocks)
        {
            block.Dispose();
        }

        pooler.Dispose();
        classifier.Dispose();
        bases.ForEach(basis => basis.Dispose());
    }

    private Variable Embed(Tape tape, PackedBatch batch)
    {
        Variable sum = tape.Embedding((words, batch.Words), (positions, batch.Positions), (tokenTypes, batch.TokenTypes));
        Variable normalized = tape.LayerNorm(
            sum, null, embeddingGain, embeddingBias, Config.LayerNormEpsilon, Dropout.None);
        tape.Release(sum);
        return tape.ApplyDropout(normalized, tape.Dropout(Config.HiddenDropout, DropoutStreams.Embeddings));
    }
}
