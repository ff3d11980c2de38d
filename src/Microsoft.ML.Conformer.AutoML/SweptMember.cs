using System.Reflection;

namespace Microsoft.ML.Conformer.AutoML;

/// <summary>A swept member and the option of the same name, the trainer's own or its augmentation's.</summary>
internal sealed class SweptMember
{
    private readonly PropertyInfo _swept, _option;

    private SweptMember(PropertyInfo swept, Type options)
    {
        _swept = swept;
        _option = options.GetProperty(swept.Name, swept.PropertyType)
            ?? typeof(AugmentationRecipe).GetProperty(swept.Name, swept.PropertyType)
            ?? throw new MissingMemberException(options.FullName, swept.Name);
    }

    private bool IsOfAugmentation => _option.DeclaringType == typeof(AugmentationRecipe);

    /// <summary>The member of that name of the swept options, for a trainer's options.</summary>
    public static SweptMember Named(string name, Type swept, Type options) =>
        swept.GetProperty(name) is { } property ? new SweptMember(property, options) : throw new ArgumentException(
            $"The search space has '{VisibleText.Of(name)}', which is no member of {swept.Name}: " +
            $"{string.Join(", ", swept.GetProperties().Select(member => member.Name))}.");

    public object Of(ImageClassificationTrainerOptions options) => _option.GetValue(IsOfAugmentation ? options.Augmentation : options)!;

    public void Apply(ImageClassificationSweepOptions swept, ImageClassificationTrainerOptions options)
    {
        if (!IsOfAugmentation)
        {
            _option.SetValue(options, _swept.GetValue(swept));
            return;
        }
        var augmentation = options.Augmentation with { }; // a copy: recipes are shared
        _option.SetValue(augmentation, _swept.GetValue(swept));
        options.Augmentation = augmentation;
    }
}
