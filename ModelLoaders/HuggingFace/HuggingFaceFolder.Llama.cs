using VkSparseGrad.ModelLoaders.Safetensors;
using VkSparseGrad.Models.Llama;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

public static partial class HuggingFaceFolder
{
    // How a language model is asked to write; a classifier does not.
    private static readonly string[] GenerationFiles = ["generation_config.json"];

    /// <summary>Writes a trained LLaMA with its configuration and tokenizer files.</summary>
    /// <remarks>
    /// Names, element types and files are those of the source: what came in shards goes out in shards of the same names, with an
    /// index. An output layer that is tied to the embeddings is written only if the source has it too. Tensors that the model
    /// ignored are copied unchanged, rotary frequencies are left out. Files of weights are written aside, one tensor at a time in
    /// memory, and renamed when all are there; <c>config.json</c> comes last.
    /// </remarks>
    /// <param name="source">The checkpoint that training started from; still open.</param>
    /// <param name="folder">The output folder; made if missing, files of the same names are replaced. A <c>model.safetensors</c> there,
    /// which would be read before shards, is deleted if shards are written.</param>
    /// <param name="weights">Asked for each of the source's <see cref="LlamaCheckpoint.Parameters"/>, and again for the embeddings where
    /// the source has a second copy of them.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <returns>The element types that the weights were written in.</returns>
    /// <exception cref="ModelFolderException">The output folder is the source's own.</exception>
    /// <exception cref="ArgumentException">There are not as many label names as labels, or two are equal.</exception>
    /// <exception cref="OverflowException">A weight is too large for the element type.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static IReadOnlyList<SafetensorsType> SaveLlama(
        LlamaCheckpoint source, string folder, TrainedWeightReader weights, LlamaSaveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(weights);
        options ??= new LlamaSaveOptions();
        RequireNames(options.LabelNames, source.Labels ?? 0, nameof(options));

        Directory.CreateDirectory(folder);
        RequireOtherFolder(source.Folder, folder);
        var output = new WeightFilesWriter(source.Files);
        var types = new SortedSet<SafetensorsType>();
        foreach (LlamaParameter parameter in source.Parameters)
        {
            SafetensorsTensor? origin = source.SourceOf(parameter.Name);
            SafetensorsType type = options.WeightType ?? origin?.Type ?? SafetensorsType.F32;
            string name = origin?.Name ?? parameter.Name;
            output.For(origin).AddFloats(
                options.AddPrefix ? LlamaFileNames.Prefixed(name) : name, type, parameter.Shape, values => weights(parameter.Name, values));
            types.Add(type);
        }

        if (source.TiedCopy is { } copy)
            output.For(copy).AddFloats(copy.Name, options.WeightType ?? copy.Type, copy.Shape, values => weights(LlamaNames.Words, values));
        foreach (string name in source.Ignored)
            output.Copy(name);

        Copy(source.Labels is null ? [.. TokenizerFiles, .. GenerationFiles] : TokenizerFiles, source.Folder, folder);
        output.Save(folder);
        WriteConfig(source, folder, options);
        return [.. types];
    }

    private static void WriteConfig(LlamaCheckpoint source, string folder, LlamaSaveOptions options)
    {
        string from = Path.Combine(source.Folder, LlamaConfigFile.FileName);
        string to = Path.Combine(folder, LlamaConfigFile.FileName);
        if (source.Labels is { } labels)
            ConfigWriter.WriteClassifier(from, to, "LlamaForSequenceClassification", labels, options.LabelNames, options.WeightType);
        else
            ConfigWriter.WriteCopy(from, to, options.WeightType);
    }
}
