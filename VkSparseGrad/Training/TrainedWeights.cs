using VkSparseGrad.Layers;
using VkSparseGrad.Models;
using VkSparseGrad.Optimizers;

namespace VkSparseGrad.Training;

/// <summary>What a run trains: sets which parameters have gradients, and adds what the method needs to the model.</summary>
internal sealed class TrainedWeights : IDisposable
{
    private readonly TrainableModel model;
    private readonly List<MePropWeight> meProp = [];

    /// <summary>Prepares the model for training by a method; with SparseGrad the MLP layers are replaced before.</summary>
    public TrainedWeights(TrainableModel model, TrainingOptions options)
    {
        this.model = model;
        HashSet<Parameter> mlp = DenseMlpWeights(model);
        Choose(model, options);
        try
        {
            if (options.Method == TrainingMethod.MeProp)
            {
                foreach (Parameter weight in model.Parameters.Where(mlp.Contains))
                {
                    meProp.Add(new MePropWeight(model.Kernels, weight, options.Kept(weight)));
                }
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        Sparse = [.. model.SparseGradLayers.Select(layer => layer.Weight), .. meProp];
    }

    /// <summary>The weights that are updated by SparseAdam.</summary>
    public ISparseWeight[] Sparse { get; }

    /// <summary>The parameters that are updated by AdamW.</summary>
    public IEnumerable<Parameter> Dense
    {
        get
        {
            HashSet<string> names = [.. meProp.Select(weight => weight.Name)];
            return model.Parameters.Where(parameter => parameter.IsTrainable && !names.Contains(parameter.Name));
        }
    }

    /// <summary>Values in the MLP's layers that a step updates: kept entries, weights or factors, and biases.</summary>
    public long MlpValues
    {
        get
        {
            HashSet<Parameter> inMlp = [.. model.MlpLayers.SelectMany(layer => layer.Parameters)];
            return Sparse.Sum(weight => (long)weight.Kept) + Dense.Where(inMlp.Contains).Sum(parameter => parameter.Value.Length);
        }
    }

    /// <summary>Frees what is not the model's.</summary>
    public void Dispose() => meProp.ForEach(weight => weight.Dispose());

    /// <summary>Sets which parameters of a model have gradients, and adds LoRA's factors to it.</summary>
    public static void Choose(TrainableModel model, TrainingOptions options)
    {
        HashSet<Parameter> mlp = DenseMlpWeights(model);
        HashSet<Parameter> head = [.. model.Head.SelectMany(linear => linear.Parameters)];
        HashSet<Parameter> mlpBiases = [.. model.MlpLayers.Select(layer => layer.Bias).OfType<Parameter>()];
        if (options.Method == TrainingMethod.Lora)
        {
            model.AddLora(options.Lora, options.Seed);
        }

        HashSet<Parameter> factors = [.. model.LoraLayers.SelectMany(layer => (Parameter[])[layer.Down, layer.Up])];
        HashSet<Parameter> frozen = options.Method switch
        {
            TrainingMethod.Full => [],
            TrainingMethod.Lora => [.. mlp, .. model.LoraLayers.Select(layer => layer.Weight), .. model.OtherMlpWeights],
            TrainingMethod.FrozenMlp => [.. mlp, .. model.OtherMlpWeights],
            _ => [.. model.OtherMlpWeights],
        };
        foreach (Parameter parameter in model.Parameters)
        {
            bool inScope = options.Method == TrainingMethod.BitFit
                ? mlpBiases.Contains(parameter) || (options.Scope == TrainingScope.All && IsBias(parameter))
                : options.Scope == TrainingScope.All || mlp.Contains(parameter) || factors.Contains(parameter);
            parameter.IsTrainable = head.Contains(parameter) || (inScope && !frozen.Contains(parameter));
        }
    }

    private static HashSet<Parameter> DenseMlpWeights(TrainableModel model) =>
        [.. model.DenseMlpLayers.SelectMany(layers => layers).Select(linear => linear.Weight)];

    private static bool IsBias(Parameter parameter) => parameter.Name.EndsWith(".bias", StringComparison.Ordinal);
}
