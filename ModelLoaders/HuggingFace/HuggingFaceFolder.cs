using VkSparseGrad.Files;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.ModelLoaders.HuggingFace;

/// <summary>Writes trained models as Hugging Face folders.</summary>
public static partial class HuggingFaceFolder
{
    private static readonly string[] TokenizerFiles =
    [
        "vocab.txt", "vocab.json", "merges.txt", "tokenizer.model", "tokenizer_config.json", "tokenizer.json", "added_tokens.json",
        "special_tokens_map.json", "chat_template.jinja",
    ];

    /// <summary>Writes a trained classifier with its configuration and tokenizer files.</summary>
    /// <remarks>
    /// Weights that came from the source keep its names, old LayerNorm names included, and its element types; see
    /// <see cref="BertSaveOptions"/> for the prefix. Tensors that the model ignored are copied unchanged, index buffers are
    /// left out. Each file is written aside and renamed, <c>config.json</c> last.
    /// </remarks>
    /// <param name="source">The checkpoint that training started from; still open.</param>
    /// <param name="folder">The output folder; made if missing, files of the same names are replaced.</param>
    /// <param name="weights">Asked once for each of the source's <see cref="BertCheckpoint.Parameters"/>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <returns>The element types that the weights were written in.</returns>
    /// <exception cref="ModelFolderException">The output folder is the source's own.</exception>
    /// <exception cref="ArgumentException">There are not as many label names as labels, or two are equal.</exception>
    /// <exception cref="OverflowException">A weight is too large for the element type.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static IReadOnlyList<SafetensorsType> SaveBert(
        BertCheckpoint source, string folder, TrainedWeightReader weights, BertSaveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(weights);
        options ??= new BertSaveOptions();
        RequireNames(options.LabelNames, source.Config.Labels, nameof(options));

        Directory.CreateDirectory(folder);
        RequireOtherFolder(source.Folder, folder);
        var writer = new SafetensorsWriter(source.Files.Files[0].Metadata);
        var types = new SortedSet<SafetensorsType>();
        foreach (BertParameter parameter in source.Parameters)
        {
            SafetensorsType type = options.WeightType ?? source.SourceOf(parameter.Name)?.Type ?? SafetensorsType.F32;
            writer.AddFloats(OutputName(source, parameter, options), type, parameter.Shape, values => weights(parameter.Name, values));
            types.Add(type);
        }

        foreach (string name in source.Ignored)
            writer.AddCopy(source.Files.FileOf(name), name);

        Copy(TokenizerFiles, source.Folder, folder);
        writer.Save(Path.Combine(folder, BertCheckpoint.FileName));
        ConfigWriter.WriteClassifier(
            Path.Combine(source.Folder, BertConfigFile.FileName),
            Path.Combine(folder, BertConfigFile.FileName),
            $"{source.Config.Family}ForSequenceClassification",
            source.Config.Labels,
            options.LabelNames,
            options.WeightType);
        return [.. types];
    }

    private static string OutputName(BertCheckpoint source, BertParameter parameter, BertSaveOptions options)
    {
        string name = source.SourceOf(parameter.Name)?.Name ?? parameter.Name;
        if (options.AddPrefix)
            return source.Names.WithPrefix(name);

        // A pooler that the source lacks follows the style of the rest.
        return source.IsBare ? source.Names.WithoutPrefix(name) : name;
    }

    private static void RequireNames(IReadOnlyList<string>? names, int labels, string parameter)
    {
        if (names is null)
            return;
        if (names.Count != labels)
            throw new ArgumentException($"there are {names.Count} label names for {labels} labels", parameter);
        if (names.Distinct().Count() < names.Count)
            throw new ArgumentException("two labels have the same name", parameter);
    }

    /// <summary>Copies those of the files that the source has.</summary>
    private static void Copy(IEnumerable<string> files, string source, string output)
    {
        foreach (string file in files.Where(f => File.Exists(Path.Combine(source, f))))
        {
            using FileStream input = File.OpenRead(Path.Combine(source, file));
            AtomicFile.Write(Path.Combine(output, file), input.CopyTo);
        }
    }

    /// <summary>A file made in the output folder must not appear in the source, by whatever path or link.</summary>
    private static void RequireOtherFolder(string source, string output)
    {
        string probe = $".{Guid.NewGuid():N}.probe";
        string path = Path.Combine(output, probe);
        File.WriteAllBytes(path, []);
        try
        {
            if (File.Exists(Path.Combine(source, probe)))
                throw new ModelFolderException(output, "this is the folder that the model was read from; choose another output folder");
        }
        finally
        {
            File.Delete(path);
        }
    }
}
