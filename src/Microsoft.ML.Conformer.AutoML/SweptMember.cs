using System.Globalization;
using System.Reflection;

namespace Microsoft.ML.Conformer.AutoML;

/// <summary>A swept member and the option of the same name: the trainer's own, or one of its transfer or augmentation.</summary>
internal sealed class SweptMember
{
    private readonly PropertyInfo _swept, _option;

    private SweptMember(PropertyInfo swept, Type options)
    {
        var type = swept.Name == nameof(ImageClassificationTrainerOptions.Recipe) ? typeof(TrainingRecipe) : swept.PropertyType;
        _swept = swept;
        _option = new[] { options, typeof(TransferOptions), typeof(AugmentationRecipe) }
            .Select(group => group.GetProperty(swept.Name, type)).FirstOrDefault(option => option is not null)
            ?? throw new MissingMemberException(options.FullName, swept.Name);
    }

    private bool IsOfAugmentation => _option.DeclaringType == typeof(AugmentationRecipe);

    /// <summary>The member of that name of the swept options, for a trainer's options.</summary>
    public static SweptMember Named(string name, Type swept, Type options) =>
        swept.GetProperty(name) is { } property ? new SweptMember(property, options) : throw new ArgumentException(
            $"The search space has '{VisibleText.Of(name)}', which is no member of {swept.Name}: " +
            $"{string.Join(", ", swept.GetProperties().Select(member => member.Name))}.");

    /// <summary>The option's value, of a recipe its name.</summary>
    public object Of(ImageClassificationTrainerOptions options) => _option.GetValue(Group(options)) switch
    {
        TrainingRecipe recipe => recipe.Name,
        var value => value!,
    };

    public void Apply(ImageClassificationSweepOptions swept, ImageClassificationTrainerOptions options)
    {
        var value = _swept.GetValue(swept) is double number ? Rounded(number) : _swept.GetValue(swept);
        if (_option.PropertyType == typeof(TrainingRecipe))
        {
            // The options' own recipe may be one that no name stands for.
            if (!options.Recipe.Name.Equals(value))
                options.Recipe = TrainingRecipe.Load((string)value!);
        }
        else if (IsOfAugmentation)
        {
            var augmentation = options.Augmentation with { }; // a copy: recipes are shared
            _option.SetValue(augmentation, value);
            options.Augmentation = augmentation;
        }
        else
            _option.SetValue(Group(options), value);
    }

    /// <summary>AutoML's logarithms leave 0.0010000000000000009 of 0.001, which nobody wants to type.</summary>
    private static double Rounded(double value) =>
        double.Parse(value.ToString("g12", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private object Group(ImageClassificationTrainerOptions options) =>
        IsOfAugmentation ? options.Augmentation
        : _option.DeclaringType == typeof(TransferOptions) ? options.Transfer
        : options;
}
