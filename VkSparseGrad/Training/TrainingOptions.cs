using VkSparseGrad.Layers;
using VkSparseGrad.Optimizers;
using VkSparseGrad.SparseGrad;

namespace VkSparseGrad.Training;

/// <summary>How MLP weights are trained.</summary>
public enum TrainingMethod
{
    /// <summary>SparseGrad: the largest coefficients of the gradient in a rotated basis.</summary>
    SparseGrad,

    /// <summary>Full fine-tuning: every element.</summary>
    Full,

    /// <summary>LoRA: a product of two narrow matrices is added to each weight, and only it is trained. Hu et al.,
    /// arXiv:2106.09685.</summary>
    Lora,

    /// <summary>MeProp: the largest elements of the gradient as it is, without a rotation. Sun et al., arXiv:1706.06197, in the
    /// form in which the SparseGrad paper compares itself to it.</summary>
    MeProp,

    /// <summary>BitFit: biases and the head only, in the whole model. Ben Zaken et al., arXiv:2106.10199.</summary>
    BitFit,

    /// <summary>The MLP weights stay as they are: the floor, which shows what training them brings.</summary>
    FrozenMlp,
}

/// <summary>What is trained.</summary>
public enum TrainingScope
{
    /// <summary>Everything: the MLP weights by the method, the rest by AdamW. MLP weights that the model does not let be adapted (LLaMA's
    /// gate, or those of other blocks) train in full fine-tuning only. With BitFit: every bias, and the head.</summary>
    All,

    /// <summary>The MLP weights (with LoRA: the factors of its targets) and the head only: pooler and classifier. With BitFit: the MLP's biases, and the head.</summary>
    Mlp,
}

/// <summary>In how many bits a step's values are kept.</summary>
public enum Precision
{
    /// <summary>All in 32 bits.</summary>
    Float32,

    /// <summary>Activations that wait for the backward pass in 16 bits (IEEE 754, up to 65,504); weights, gradients, moments and every
    /// sum in 32. Unlike in Micikevicius et al., arXiv:1710.03740, no product reads activations in 16 bits and no gradient is ever kept in them, so that there is no
    /// gain in speed, and the loss needs no scaling.</summary>
    Mixed,
}

/// <summary>Settings of a training run.</summary>
public sealed record TrainingOptions
{
    /// <summary>How MLP weights are trained.</summary>
    public TrainingMethod Method { get; init; } = TrainingMethod.SparseGrad;

    /// <summary>What is trained.</summary>
    public TrainingScope Scope { get; init; } = TrainingScope.All;

    /// <summary>Passes over the examples, at least 1.</summary>
    public int Epochs { get; init; } = 1;

    /// <summary>Examples that are computed at once, at least 1.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Batches whose gradients are added up to one update, at least 1. Without dropout the update is that of one batch of all their
    /// examples; the last one of an epoch may have fewer.</summary>
    public int Accumulation { get; init; } = 1;

    /// <summary>Whether of each block only the input is kept for the backward pass, which computes the block again: less memory for
    /// a third more arithmetic, and with 32 bits the same result to the bit.</summary>
    public bool Checkpointing { get; init; }

    /// <summary>In how many bits activations wait for the backward pass.</summary>
    public Precision Precision { get; init; }

    /// <summary>Peak learning rate, above 0.</summary>
    public double LearningRate { get; init; } = 1e-4;

    /// <summary>How the learning rate goes on after warm-up.</summary>
    public LearningRateDecay Decay { get; init; } = LearningRateDecay.Linear;

    /// <summary>Warm-up: a share of all steps below 1, or a number of steps from 1 on.</summary>
    public double Warmup { get; init; }

    /// <summary>For order, dropout and new weights: the same seed on the same device gives the same bits.</summary>
    public ulong Seed { get; init; }

    /// <summary>SparseGrad and MeProp: share of each MLP weight's entries that a step updates, above 0 to 1.</summary>
    public double Fraction { get; init; } = 0.01;

    /// <summary>SparseGrad and MeProp: number of each MLP weight's entries that a step updates, at least 1, and all of a weight that
    /// has fewer; null for <see cref="Fraction"/>.</summary>
    public int? KeptEntries { get; init; }

    /// <summary>SparseGrad: how the coefficients are chosen.</summary>
    public Selection Selection { get; init; } = Selection.AmongCoordinates(CoordinateCount.Share(1.0 / 8), 20);

    /// <summary>LoRA's settings.</summary>
    public LoraOptions Lora { get; init; } = new();

    /// <summary>SparseGrad: steps of the preliminary phase, at least 1.</summary>
    public int PreliminarySteps { get; init; } = 10;

    /// <summary>Constants of the optimizers.</summary>
    public OptimizerOptions Optimizer { get; init; } = new();

    /// <summary>SparseGrad and MeProp: entries of a weight that a step updates.</summary>
    public int Kept(Parameter weight)
    {
        ArgumentNullException.ThrowIfNull(weight);
        return Kept(weight.Value.Length);
    }

    /// <summary>The same of a weight with so many entries.</summary>
    internal int Kept(long length) => KeptEntries is int entries ? (int)Math.Min(entries, length) : ParameterBudget.Kept(length, Fraction);

    /// <summary>Throws where a setting is out of its range.</summary>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    public void Check()
    {
        Require(Enum.IsDefined(Method), "Training method", (int)Method, "one that there is");
        Require(Enum.IsDefined(Scope), "Training scope", (int)Scope, "one that there is");
        Require(Enum.IsDefined(Decay), "Learning rate decay", (int)Decay, "one that there is");
        Require(Enum.IsDefined(Precision), "Precision", (int)Precision, "one that there is");
        Require(Epochs >= 1, "Epochs", Epochs, "at least 1");
        Require(BatchSize >= 1, "Batch size", BatchSize, "at least 1");
        Require(Accumulation >= 1, "Accumulation", Accumulation, "at least 1");
        long examples = (long)BatchSize * Accumulation;
        Require(examples <= int.MaxValue, "Batch size times accumulation", examples, $"at most {int.MaxValue}");
        Require(LearningRate > 0 && double.IsFinite(LearningRate), "Learning rate", LearningRate, "a finite number above 0");
        Require(Warmup >= 0 && double.IsFinite(Warmup), "Warm-up", Warmup, "a share below 1 or a number of steps");
        Require(Fraction > 0 && Fraction <= 1, "Fraction", Fraction, "above 0 and at most 1");
        Require(KeptEntries is null or >= 1, "Number of kept entries", KeptEntries ?? 0, "at least 1");
        Require(PreliminarySteps >= 1, "Preliminary steps", PreliminarySteps, "at least 1");
        Require(Lora.Rank >= 1, "LoRA rank", Lora.Rank, "at least 1");
        Require(Lora.Alpha is null or > 0 && double.IsFinite(Lora.Scale), "LoRA alpha", Lora.Alpha ?? 0, "a finite number above 0");
        Require(Lora.Dropout >= 0 && (float)Lora.Dropout < 1, "LoRA dropout", Lora.Dropout, "at least 0 and below 1");
        Require(Lora.Targets.Count > 0, "The number of LoRA targets", Lora.Targets.Count, "at least 1");
        HashSet<LayerKind> targets = [];
        foreach (LayerKind target in Lora.Targets)
        {
            Require(Enum.IsDefined(target), "A LoRA target", (int)target, "a kind of layer");
            if (!targets.Add(target))
            {
                throw new ArgumentException($"{target} is twice among the LoRA targets; name each once.");
            }
        }

        Require(Optimizer.Beta1 is >= 0 and < 1, "Beta 1", Optimizer.Beta1, "at least 0 and below 1");
        Require(Optimizer.Beta2 is >= 0 and < 1, "Beta 2", Optimizer.Beta2, "at least 0 and below 1");
        Require(Optimizer.Epsilon > 0 && double.IsFinite(Optimizer.Epsilon), "Epsilon", Optimizer.Epsilon, "a finite number above 0");
        Require(Optimizer.WeightDecay >= 0 && double.IsFinite(Optimizer.WeightDecay), "Weight decay", Optimizer.WeightDecay, "0 or above");
        Require(double.IsFinite(Optimizer.MaxGradientNorm), "Gradient norm", Optimizer.MaxGradientNorm, "a finite number");
    }

    private static void Require(bool holds, string name, double value, string range)
    {
        if (!holds)
        {
            throw new ArgumentException(FormattableString.Invariant($"{name} is {value}; it must be {range}."));
        }
    }
}
