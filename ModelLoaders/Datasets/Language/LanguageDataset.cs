namespace VkSparseGrad.ModelLoaders.Datasets.Language;

/// <summary>Blocks of texts for a language model to learn from and to be measured on.</summary>
public sealed class LanguageDataset
{
    internal LanguageDataset(LanguagePart training, LanguagePart validation, IReadOnlyList<string> files, IReadOnlyList<string> notes)
    {
        Training = training;
        Validation = validation;
        Files = files;
        Report = [$"training: {training}", $"validation: {validation}", .. notes];
    }

    /// <summary>What to learn from, at least one block.</summary>
    public LanguagePart Training { get; }

    /// <summary>What to measure on; without blocks where none was asked for or there was too little.</summary>
    public LanguagePart Validation { get; }

    /// <summary>The files that were read.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Lines for a log: what each part holds, and what was skipped, left out or cut.</summary>
    public IReadOnlyList<string> Report { get; }
}
