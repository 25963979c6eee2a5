using VkSparseGrad.Layers;
using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models;
using VkSparseGrad.Training;

namespace VkSparseGrad.ModelLoaders.Adapters;

/// <summary>Writes what a run has trained as an adapter: everything that base model and adapter need to give the trained model
/// again, and nothing else. <see cref="AdaptedWeights"/> reads it.</summary>
/// <remarks>
/// An adapter is two files. The tensors file says in its metadata, under <c>base_sha256</c>, what base it belongs to.
/// <para>SparseGrad, MeProp, BitFit and frozen MLP have a layout of their own, with the canonical names of the trained
/// parameters. Of an MLP weight W that SparseGrad or MeProp has changed at a few places, the change is kept:</para>
/// <list type="bullet">
/// <item>SparseGrad: W = W_base + Q Δ Pᵀ for a weight of a kind with the bases Q [D_out, D_out] and P [D_in, D_in], both kept as
/// rows (Qᵀ, Pᵀ). Δ is kept as the matrix [d, D] of the small side by the large one, so for a weight with more outputs than
/// inputs it is Δᵀ. MeProp: W = W_base + Δ, with Δ [D_out, D_in].</item>
/// <item><c>NAME.sparse_indices</c>, I64: the places in Δ, row-major and rising; <c>NAME.sparse_values</c>, F32: Δ there.</item>
/// <item><c>basis.KIND.output</c> (Qᵀ) and <c>basis.KIND.input</c> (Pᵀ), F32, for the kinds <c>intermediate.dense</c> and
/// <c>output.dense</c>, LLaMA's <c>up_proj</c>, <c>down_proj</c> and <c>gate_proj</c>.</item>
/// <item>Any other name: a trained parameter, whole, F32.</item>
/// </list>
/// <para>LoRA has PEFT's layout and names, so that PEFT loads it onto the model, such as a <c>BertForSequenceClassification</c>: W = W_base +
/// lora_alpha / r · B A with <c>base_model.model.LAYER.lora_A.weight</c> [r, D_in] and <c>.lora_B.weight</c> [D_out, r]; other
/// trained parameters whole, under <c>base_model.model.NAME</c>.</para>
/// </remarks>
public static class Adapter
{
    /// <summary>The file of the tensors.</summary>
    public const string WeightsFileName = "adapter_model.safetensors";

    /// <summary>The file that describes them.</summary>
    public const string ConfigFileName = "adapter_config.json";

    /// <summary>Writes the adapter of a model that is still as its trainer left it.</summary>
    /// <param name="folder">Where to; made if it is not there. Files of the same names are replaced.</param>
    /// <param name="model">The trained model.</param>
    /// <param name="baseWeights">The weights that training began with; read twice.</param>
    /// <param name="baseModel">Their folder or name.</param>
    /// <param name="task">The name of the task.</param>
    /// <param name="options">The settings of the run.</param>
    /// <exception cref="ArgumentException">After full fine-tuning: the adapter would be the whole model.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Save(
        string folder, TrainableModel model, IWeightSource baseWeights, string baseModel, string task, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(baseWeights);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Method == TrainingMethod.Full)
            throw new ArgumentException("Full fine-tuning has no adapter, since it would be the model itself; save the model.", nameof(options));
        Directory.CreateDirectory(folder);
        var description = new AdapterDescription(baseModel, task, (model as Classifier)?.Labels ?? 0, options.Method);
        string fingerprint = BaseFingerprint.Of(baseWeights);
        if (options.Method == TrainingMethod.Lora)
            SaveLora(folder, model, description, options.Lora, fingerprint);
        else
            SaveSparse(folder, model, baseWeights, description, options, fingerprint);
    }

    private static void SaveSparse(
        string folder, TrainableModel model, IWeightSource baseWeights, AdapterDescription description, TrainingOptions options, string fingerprint)
    {
        var writer = new SafetensorsWriter(new Dictionary<string, string> { [BaseFingerprint.MetadataKey] = fingerprint });
        IReadOnlyList<WeightChange> changes = description.Method switch
        {
            TrainingMethod.SparseGrad => SparseTensors.AddRotated(writer, model, baseWeights),
            TrainingMethod.MeProp => SparseTensors.Add(writer, model, baseWeights),
            _ => [],
        };
        HashSet<string> changed = [.. changes.Select(change => change.Name)];
        Parameter[] dense = [.. model.Parameters.Where(parameter => parameter.IsTrainable && !changed.Contains(parameter.Name))];
        foreach (Parameter parameter in dense)
            AddWhole(writer, model, parameter, parameter.Name);
        writer.Save(Path.Combine(folder, WeightsFileName));
        SparseConfigWriter.Write(Path.Combine(folder, ConfigFileName), description, options, changes, dense);
    }

    private static void SaveLora(string folder, TrainableModel model, AdapterDescription description, LoraOptions options, string fingerprint)
    {
        HashSet<Parameter> factors = [.. model.LoraLayers.SelectMany(layer => (Parameter[])[layer.Down, layer.Up])];
        Parameter[] whole = [.. model.Parameters.Where(parameter => parameter.IsTrainable && !factors.Contains(parameter))];
        HashSet<string> frozen = [.. model.Parameters.Where(parameter => !parameter.IsTrainable).Select(parameter => PeftNames.Module(parameter.Name))];
        string[] adapted = [.. model.LoraLayers.Select(layer => PeftNames.Module(layer.Weight.Name))];
        string[] others = [.. model.Parameters.Select(parameter => PeftNames.Module(parameter.Name)).Distinct().Except(adapted)];
        string[] saved = [.. whole.Select(parameter => PeftNames.Module(parameter.Name)).Distinct().Where(module => !frozen.Contains(module)).Select(PeftNames.Saved).Distinct()];

        var writer = new SafetensorsWriter(new Dictionary<string, string>
        {
            [BaseFingerprint.MetadataKey] = fingerprint,
            [PeftConfig.TaskKey] = description.Task!,
            [PeftConfig.WholeKey] = string.Join('\n', whole.Select(parameter => parameter.Name)),
        });
        foreach (LoraLinear layer in model.LoraLayers)
        {
            string module = PeftNames.Module(layer.Weight.Name);
            AddWhole(writer, model, layer.Down, PeftNames.Down(module));
            AddWhole(writer, model, layer.Up, PeftNames.Up(module));
        }

        HashSet<string> modules = [.. adapted];
        foreach (Parameter parameter in whole)
            AddWhole(writer, model, parameter, PeftNames.Whole(parameter.Name, modules));
        writer.Save(Path.Combine(folder, WeightsFileName));
        PeftConfigWriter.Write(Path.Combine(folder, ConfigFileName), description, options, adapted, others, saved);
    }

    private static void AddWhole(SafetensorsWriter writer, TrainableModel model, Parameter parameter, string name)
    {
        long[] shape = parameter.IsVector ? [parameter.Value.Columns] : [parameter.Value.Rows, parameter.Value.Columns];
        writer.AddFloats(name, SafetensorsType.F32, shape, values => model.Kernels.Download(parameter.Value, values));
    }
}
