using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace VkSparseGrad.Cli.CommandLine;

/// <summary>Makes options whose values are checked while the command line is read, before any work.</summary>
internal static class Options
{
    private const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>A number, written as in code whatever the user's culture.</summary>
    /// <param name="name">The option.</param>
    /// <param name="help">What it does.</param>
    /// <param name="range">The range in words, for the message.</param>
    /// <param name="isValid">The range.</param>
    /// <param name="absent">The default; null for none.</param>
    public static Option<T?> Number<T>(string name, string help, string range, Func<T, bool> isValid, T? absent = null)
        where T : struct, INumber<T>
    {
        // An integer's own parser would take 1e1.
        bool isInteger = typeof(T) != typeof(double);
        NumberStyles styles = isInteger ? NumberStyles.AllowLeadingSign : Styles;
        var option = new Option<T?>(name)
        {
            Description = help,
            HelpName = isInteger ? "n" : "x",
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (T.TryParse(text, styles, CultureInfo.InvariantCulture, out T value) && isValid(value))
                    return value;
                result.AddError($"{name} is '{text}'; it must be {range}.");
                return null;
            },
        };
        if (absent is { } value)
            option.DefaultValueFactory = _ => value;
        return option;
    }

    /// <summary>One of a few names, in any case.</summary>
    public static Option<string> Choice(string name, string help, string[] choices, string? absent = null)
    {
        var option = new Option<string>(name)
        {
            Description = help,
            HelpName = string.Join('|', choices),
            Arity = ArgumentArity.ExactlyOne,
            Required = absent is null,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                string? chosen = Array.Find(choices, choice => string.Equals(choice, text, StringComparison.OrdinalIgnoreCase));
                if (chosen is null)
                    result.AddError($"{name} '{text}' is not one of {string.Join(", ", choices)}{NearestName.Suggestion(text, choices)}");
                return chosen;
            },
        };
        if (absent is not null)
            option.DefaultValueFactory = _ => absent;
        return option;
    }

    /// <summary>A text, such as a path.</summary>
    public static Option<string> Text(string name, string help, string valueName, bool required) => new(name)
    {
        Description = help,
        HelpName = valueName,
        Arity = ArgumentArity.ExactlyOne,
        Required = required,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (string.IsNullOrWhiteSpace(text))
                result.AddError($"{name} is empty.");
            return text;
        },
    };

    public static Option<bool> Switch(string name, string help) => new(name) { Description = help, Arity = ArgumentArity.Zero };
}
