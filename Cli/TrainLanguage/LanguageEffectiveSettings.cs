using VkSparseGrad.Cli.Train;
using VkSparseGrad.ModelLoaders.Datasets.Chat;

namespace VkSparseGrad.Cli.TrainLanguage;

/// <summary>The settings that a run works with, as in <see cref="EffectiveSettings"/>.</summary>
internal static class LanguageEffectiveSettings
{
    /// <param name="settings">With what depends on the model filled in.</param>
    public static IReadOnlyList<(string Name, object? Value)> Of(LanguageSettings settings) =>
    [
        ("model", settings.Model),
        ("data", settings.Data),
        ("format", settings.IsChat ? "chat" : "text"),
        ("loss_on", settings.IsChat ? settings.Chat.LossOn.ToString().ToLowerInvariant() : null),
        ("threads", settings.IsChat ? settings.Chat.Threads.ToString().ToLowerInvariant() : null),
        ("language", settings.IsChat ? settings.Chat.Language : null),
        ("separator", settings.IsChat ? null : settings.Separator),
        ("block_size", settings.BlockSize),
        ("validation_share", settings.ValidationShare),
        ("strict_data", settings.StrictData),
        ("output", settings.Output),
        ("layers", settings.Blocks.ToString()),
        ("gate", settings.AdaptsGate),
        .. EffectiveSettings.OfRun(settings),
        ("device", settings.Device),
        ("validation", settings.Validation),
    ];
}
